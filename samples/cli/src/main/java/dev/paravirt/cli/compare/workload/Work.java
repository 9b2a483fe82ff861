// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import java.io.IOException;

/** Does requests, and checks what comes of each. */
@FunctionalInterface
public interface Work {
    /** Works until the turn is over; what is under way then is complete when this returns. */
    void run(Turn turn) throws IOException;
}
