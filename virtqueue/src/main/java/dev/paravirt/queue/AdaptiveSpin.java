// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

/**
 * How long to spin on shared memory before sleeping, learnt from the waits before. Spinning that finds something goes on,
 * for longer each time; a spin that ended just too early is tried longer. Where even the longest is in vain there is none
 * at all for a while: either nothing comes, and an idle waiter costs nothing; or what we wait for needs the processor that
 * we spin on, as on a busy machine, and then sleeping at once is what makes it come soon. Each new trial in vain is
 * followed by a longer rest. For one thread.
 */
public final class AdaptiveSpin {
    private static final long FIRST_NANOS = 5_000;
    private static final int SHORTEST_REST = 8;

    /** So long that trials do not show in the 99th percentile. */
    private static final int LONGEST_REST = 1024;

    private final long longestNanos;
    private long nanos;
    private int nextRest = SHORTEST_REST;
    private int rest;

    /** @param longestNanos nanoseconds; about what sleeping and being woken costs both sides, a few times over */
    public AdaptiveSpin(long longestNanos) {
        this.longestNanos = longestNanos;
        this.nanos = Math.min(FIRST_NANOS, longestNanos);
    }

    /** Returns how long to spin now, in nanoseconds; 0 is not at all. */
    public long nanos() {
        return nanos;
    }

    /** Learns from a wait: its whole length in nanoseconds, spinning and sleeping. */
    public void waited(long waitNanos) {
        boolean isShort = waitNanos <= longestNanos;
        if (nanos == 0) {
            // Only waits that a spin could have covered bring the next trial nearer.
            rest -= isShort ? 1 : 0;
            nanos = isShort && rest <= 0 ? Math.min(FIRST_NANOS, longestNanos) : 0;
        } else if (waitNanos <= nanos) {
            nanos = Math.min(nanos * 2, longestNanos);
            nextRest = SHORTEST_REST;
        } else if (isShort && nanos < longestNanos) {
            nanos = Math.min(nanos * 2, longestNanos);
        } else {
            nanos = 0;
            rest = nextRest;
            nextRest = Math.min(nextRest * 2, LONGEST_REST);
        }
    }
}
