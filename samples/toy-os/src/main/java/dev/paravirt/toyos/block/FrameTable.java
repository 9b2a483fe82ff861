// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import org.jspecify.annotations.Nullable;

/** Finds frames by block number; chained through the frames themselves, so that it never allocates. */
final class FrameTable {
    private final @Nullable BlockFrame[] buckets;

    FrameTable(int frames) {
        buckets = new @Nullable BlockFrame[Integer.highestOneBit(Math.max(2, frames) - 1) << 2];
    }

    @Nullable
    BlockFrame find(long block) {
        BlockFrame frame = buckets[bucket(block)];
        while (frame != null && frame.block != block) {
            frame = frame.next;
        }
        return frame;
    }

    void insert(BlockFrame frame) {
        int bucket = bucket(frame.block);
        frame.next = buckets[bucket];
        buckets[bucket] = frame;
    }

    void remove(BlockFrame frame) {
        int bucket = bucket(frame.block);
        BlockFrame found = buckets[bucket];
        if (found == frame) {
            buckets[bucket] = frame.next;
        } else {
            while (found != null && found.next != frame) {
                found = found.next;
            }
            if (found == null) {
                throw new IllegalStateException("block " + frame.block + " is not in the table");
            }
            found.next = frame.next;
        }
        frame.next = null;
    }

    private int bucket(long block) {
        long mixed = block * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 40) & (buckets.length - 1);
    }
}
