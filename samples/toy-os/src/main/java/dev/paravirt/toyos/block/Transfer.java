// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.io.IOException;

/** A transfer under way between a {@link BlockVolume} and its buffers. */
public interface Transfer {
    /** Whether it has ended, well or badly; does not wait. */
    boolean done();

    /**
     * Gives the CPU to other tasks until the transfer has ended.
     *
     * @throws IOException if it failed; each call throws again
     */
    void await() throws IOException;
}
