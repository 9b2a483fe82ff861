// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.report.Latencies;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/** The time that a contender has in a round, and what it gets done. For one thread. */
public final class Turn {
    /** In place of a time: the latency of this request is not measured. */
    public static final long UNTIMED = Long.MIN_VALUE;

    /** In place of a sampling interval: no latency is measured. */
    public static final int NEVER = 0;

    // Looking at the clock costs as much as a fast request: it is looked at about once in so many nanoseconds.
    private static final long LEAST_BETWEEN_LOOKS = 10_000;
    private static final long MOST_BETWEEN_LOOKS = 50_000;
    private static final int LONGEST_STRIDE = 4096;

    private final long nanos;
    private final BooleanSupplier isStopped;
    private final Histogram latencies;
    private final int sampleEvery;
    private final long start = System.nanoTime();
    private int untilSample;
    private int stride = 1;
    private int untilLook = 1;
    private long lastLook = start;
    private long halfTime = start;
    private long doneAtHalf;
    private long requests;

    /**
     * @param latencies takes those of the turn in addition to what is in it
     * @param sampleEvery the latency of one request in so many is measured; or {@link #NEVER}
     */
    public Turn(long nanos, BooleanSupplier isStopped, Histogram latencies, int sampleEvery) {
        this.nanos = nanos;
        this.isStopped = isStopped;
        this.latencies = latencies;
        this.sampleEvery = sampleEvery;
        this.untilSample = sampleEvery;
    }

    /** Whether there is time for another request. */
    public boolean goesOn() {
        untilLook--;
        return untilLook > 0 || look();
    }

    private boolean look() {
        long now = System.nanoTime();
        long passed = now - lastLook;
        lastLook = now;
        if (passed < LEAST_BETWEEN_LOOKS) {
            stride = Math.min(2 * stride, LONGEST_STRIDE);
        } else if (passed > MOST_BETWEEN_LOOKS) {
            stride = Math.max(1, stride / 2);
        }
        untilLook = stride;
        if (halfTime == start && now - start >= nanos / 2) {
            halfTime = now;
            doneAtHalf = requests;
        }
        return now - start < nanos && !isStopped.getAsBoolean();
    }

    /** A request begins. Returns what {@link #completed} is to be given. */
    public long begin() {
        untilSample--;
        if (untilSample != 0) {
            return UNTIMED;
        }
        untilSample = sampleEvery;
        return System.nanoTime();
    }

    /** A request is complete, and its answer is right. */
    public void completed(long began) {
        requests++;
        if (began != UNTIMED) {
            latencies.recordValue(Math.min(System.nanoTime() - began, Latencies.LONGEST));
        }
    }

    /** So many requests are complete, of which nobody knows when they began. */
    public void completed(int count) {
        requests += count;
    }

    public long requests() {
        return requests;
    }

    /** How far apart requests were in the second half of the turn, when code has become as fast as it gets. */
    public long nanosBetweenRequests() {
        return (System.nanoTime() - halfTime) / Math.max(1, requests - doneAtHalf);
    }
}
