// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** How long to wait for an acknowledgment: smoothed from measured round trips, doubled each time in vain (RFC 6298). */
final class RetransmissionTimeout {
    private static final long MILLISECOND = 1_000_000;
    private static final long INITIAL = 1000 * MILLISECOND;
    private static final long SHORTEST = 200 * MILLISECOND;
    private static final long LONGEST = 60_000 * MILLISECOND;

    private long smoothed = -1;
    private long variation;
    private long base = INITIAL;
    private int doublings;

    void measured(long roundTrip) {
        if (smoothed < 0) {
            smoothed = roundTrip;
            variation = roundTrip / 2;
        } else {
            variation = (3 * variation + Math.abs(smoothed - roundTrip)) / 4;
            smoothed = (7 * smoothed + roundTrip) / 8;
        }
        base = Math.clamp(smoothed + 4 * variation, SHORTEST, LONGEST);
    }

    void backOff() {
        doublings = Math.min(doublings + 1, 16);
    }

    void answered() {
        doublings = 0;
    }

    long nanos() {
        return Math.min(base << doublings, LONGEST);
    }
}
