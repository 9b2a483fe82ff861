// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** How long a contender waits for an answer before it says that it was lost. */
final class Patience {
    /** Nanoseconds. */
    static final long NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int SPINS = 1 << 16;

    private Patience() {}

    /** Something that may have happened. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Spins until a condition holds; looks at the clock once in a while. */
    static void spin(Condition condition, String otherwise) throws IOException {
        long start = 0;
        int spins = 0;
        while (!condition.holds()) {
            Thread.onSpinWait();
            spins++;
            if (spins == SPINS) {
                spins = 0;
                start = start == 0 ? System.nanoTime() : start;
                require(System.nanoTime() - start < NANOS, otherwise);
            }
        }
    }

    static void require(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException(otherwise);
        }
    }
}
