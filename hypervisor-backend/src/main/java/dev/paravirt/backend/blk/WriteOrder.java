// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import org.jspecify.annotations.Nullable;

/**
 * Which writes come before which flush, over all queues of a device. Writes between two flushes form a generation; a
 * flush closes one, and may go on when its generation and all older ones have no write in flight. A write that comes
 * after the flush belongs to a younger generation and does not hold it up.
 */
final class WriteOrder {
    private static final int FIRST_CAPACITY = 64;

    /** Writes in flight, by generation: a ring, with room for one more generation than there are waiting flushes. */
    private int[] inFlight = new int[FIRST_CAPACITY];

    /** The flush that closed a generation. */
    private @Nullable BlockRequest[] flushes = new @Nullable BlockRequest[FIRST_CAPACITY];

    private int mask = FIRST_CAPACITY - 1;
    private int oldest;
    private int current;

    /** A write begins: the generation that {@link #end} wants. */
    synchronized int begin() {
        inFlight[current & mask]++;
        return current;
    }

    /**
     * A write ended, well or not.
     *
     * @return the flushes that may go on now, linked; null if there is none
     */
    synchronized @Nullable BlockRequest end(int generation) {
        inFlight[generation & mask]--;
        BlockRequest ready = null;
        while (oldest != current && inFlight[oldest & mask] == 0) {
            BlockRequest flush = flushes[oldest & mask];
            flushes[oldest & mask] = null;
            oldest++;
            if (flush != null) {
                flush.link = ready;
                ready = flush;
            }
        }
        return ready;
    }

    /**
     * A flush arrives.
     *
     * @return whether it may go on at once; if not, {@link #end} will return it
     */
    synchronized boolean flush(BlockRequest flush) {
        if (oldest == current && inFlight[current & mask] == 0) {
            return true;
        }
        flushes[current & mask] = flush;
        current++;
        if (current - oldest > mask) {
            enlarge();
        }
        return false;
    }

    private void enlarge() {
        int newMask = mask * 2 + 1;
        int[] moreInFlight = new int[newMask + 1];
        @Nullable BlockRequest[] moreFlushes = new @Nullable BlockRequest[newMask + 1];
        for (int generation = oldest; generation != current; generation++) {
            moreInFlight[generation & newMask] = inFlight[generation & mask];
            moreFlushes[generation & newMask] = flushes[generation & mask];
        }
        inFlight = moreInFlight;
        flushes = moreFlushes;
        mask = newMask;
    }
}
