// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.io.IOException;

/** One way to read random blocks of 4 KiB. Every block that is read is checked. */
interface Contender {
    /** What to call it in a table. */
    String name();

    /** Requests that are under way at once. */
    int depth();

    /**
     * Reads for a while.
     *
     * @return requests completed
     */
    long run(long nanos) throws IOException;

    /** Exits of its guest so far. */
    long exits();
}
