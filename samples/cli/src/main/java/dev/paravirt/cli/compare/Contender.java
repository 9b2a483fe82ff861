// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.io.IOException;
import java.time.Duration;

/** One way to read random blocks of 4 KiB. Every block that is read is checked. */
interface Contender {
    /** What to call it in a table. */
    String name();

    /** Requests that are under way at once. */
    int depth();

    /** Reads until the turn is over, and what is under way then is complete. */
    void run(Turn turn) throws IOException;

    /** Exits of its guest so far. */
    long exits();

    /** Processor time of its guest and its hypervisor so far, to about a hundredth of a second. */
    Duration processorTime();
}
