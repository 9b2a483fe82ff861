// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.BooleanSupplier;

/** How a caller waits for the network: by giving the CPU away, or in a test by turning a clock. */
public interface Waiting {
    /**
     * Returns when the condition holds, or when the stack's clock has reached the deadline.
     *
     * @param condition quick and free of effects
     * @param deadline {@link Long#MAX_VALUE} for none
     */
    void await(BooleanSupplier condition, long deadline);
}
