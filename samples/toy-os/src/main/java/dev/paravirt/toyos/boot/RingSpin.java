// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

/**
 * How long to look at the rings before arming interrupts and going to sleep. It pays where the device works on another
 * processor meanwhile. Where it waits for ours, each look only keeps it from working: so spinning that found nothing is
 * soon given up, and tried again just now and then.
 */
final class RingSpin {
    /** About what it costs both sides that we sleep and are woken, a few times over. */
    private static final long LONGEST_NANOS = 50_000;

    private static final long SHORTEST_NANOS = 2_000;

    /** Rare enough not to show in the 99th percentile. */
    private static final int WAITS_BETWEEN_TRIALS = 256;

    private long nanos = LONGEST_NANOS;
    private int waits;

    /** How long to spin now, in nanoseconds; 0 is not at all. */
    long nanos() {
        if (nanos == 0 && ++waits == WAITS_BETWEEN_TRIALS) {
            waits = 0;
            nanos = LONGEST_NANOS;
        }
        return nanos;
    }

    /** Learns whether it was of use. */
    void ended(boolean found) {
        if (found) {
            nanos = Math.min(LONGEST_NANOS, nanos * 2);
        } else {
            nanos = nanos / 4 < SHORTEST_NANOS ? 0 : nanos / 4;
        }
    }
}
