// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/** The time that a contender has in a round, and what it gets done. For one thread. */
final class Turn {
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final long nanos;
    private final BooleanSupplier isStopped;
    private final Histogram latencies;
    private final long start = System.nanoTime();
    private long requests;

    /** @param latencies takes those of the turn in addition to what is in it */
    Turn(long nanos, BooleanSupplier isStopped, Histogram latencies) {
        this.nanos = nanos;
        this.isStopped = isStopped;
        this.latencies = latencies;
    }

    /** For latencies in nanoseconds, to three digits. */
    static Histogram histogram() {
        return new Histogram(LONGEST, DIGITS);
    }

    /** Whether there is time for another request. */
    boolean goesOn() {
        return System.nanoTime() - start < nanos && !isStopped.getAsBoolean();
    }

    /** A request is complete, and its answer is right. */
    void completed(long latencyNanos) {
        requests++;
        latencies.recordValue(Math.min(latencyNanos, LONGEST));
    }

    long requests() {
        return requests;
    }
}
