// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

/**
 * How long to spin on shared memory before sleeping, learnt from how long the waits before took. A wait that ended soon
 * after we fell asleep would have been cheaper to spin through: the spin grows. A wait longer than any spin makes it
 * shrink, down to nothing, so that an idle waiter costs nothing. For one thread.
 */
public final class AdaptiveSpin {
    private static final long FIRST_NANOS = 5_000;

    private final long longestNanos;
    private long nanos;

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
        if (waitNanos > longestNanos) {
            nanos = nanos <= FIRST_NANOS ? 0 : nanos / 2;
        } else if (waitNanos > nanos) {
            nanos = Math.min(Math.max(nanos * 2, FIRST_NANOS), longestNanos);
        }
    }
}
