// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

/** How long to spin before sleeping: longer while spinning pays, hardly at all while it does not. For one thread. */
final class AdaptiveSpin {
    private static final long SHORTEST_NANOS = 1_000;
    private static final long LONGEST_NANOS = 50_000;

    private long nanos = LONGEST_NANOS / 2;

    long nanos() {
        return nanos;
    }

    void paid() {
        nanos = Math.min(nanos * 2, LONGEST_NANOS);
    }

    void wasted() {
        nanos = Math.max(nanos / 2, SHORTEST_NANOS);
    }
}
