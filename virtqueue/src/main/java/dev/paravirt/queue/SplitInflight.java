// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.vhostuser.InflightLayout;
import java.util.stream.IntStream;

/** What is in flight of a split virtqueue; an entry has the number of the head descriptor. */
final class SplitInflight extends Inflight {
    private static final int NEXT_SHIFT = InflightLayout.SPLIT_NEXT * 8;

    /** What entries say of the next in their batch, shifted to its place. */
    private final long[] next;

    private int lastBatchHead;

    SplitInflight(InflightRegion region, int queueSize) {
        super(region, queueSize);
        next = new long[region.descriptors()];
    }

    private static long entry(int head) {
        return InflightLayout.SPLIT_ENTRIES + (long) head * InflightLayout.SPLIT_ENTRY_SIZE;
    }

    /** A buffer was taken, which nobody has worked on so far. */
    void polled(int head) {
        region.putLong(entry(head) + InflightLayout.COUNTER, counter++);
        region.putLong(entry(head), next[head] | 1);
    }

    void takenBack(int head) {
        region.putLong(entry(head), next[head]);
    }

    /** A used element was written, which the driver does not see yet. */
    void used(int head) {
        addToBatch(head);
        next[head] = (long) lastBatchHead << NEXT_SHIFT;
        lastBatchHead = head;
        region.putLong(entry(head), next[head] | 1);
    }

    void beforePublish() {
        region.putShort(InflightLayout.SPLIT_LAST_BATCH_HEAD, lastBatchHead);
    }

    void afterPublish(int usedIndex) {
        for (int i = 0; i < batchSize; i++) {
            region.putLong(entry(batch[i]), next[batch[i]]);
        }
        batchSize = 0;
        region.putShort(InflightLayout.SPLIT_USED_IDX, usedIndex);
    }

    /**
     * Finds out what a predecessor left.
     *
     * @param usedIndex index of the Used Ring
     * @return how many buffers are in flight, or NONE if there are no notes about this ring
     */
    int recover(int usedIndex) {
        int batchBounds = region.getInt(InflightLayout.SPLIT_LAST_BATCH_HEAD);
        int unfinished = RingIndex.distance(batchBounds >>> 16, usedIndex);
        // More than can be used at once: the driver has begun again with an empty ring.
        if (!region.isUsed() || unfinished > queueSize) {
            begin(usedIndex);
            return NONE;
        }
        boolean[] inflight = new boolean[next.length];
        for (int head = 0; head < next.length; head++) {
            long word = region.getLong(entry(head));
            inflight[head] = (word & 0xff) != 0;
            next[head] = word >>> NEXT_SHIFT << NEXT_SHIFT;
        }
        lastBatchHead = batchBounds & 0xffff;
        int head = lastBatchHead;
        for (int i = 0; i < unfinished && head < next.length; i++) {
            inflight[head] = false;
            region.putLong(entry(head), next[head]);
            head = (int) (next[head] >>> NEXT_SHIFT);
        }
        region.putShort(InflightLayout.SPLIT_USED_IDX, usedIndex);
        int[] heads = IntStream.range(0, queueSize).filter(i -> inflight[i]).toArray();
        resubmit(heads, InflightLayout.SPLIT_ENTRIES, InflightLayout.SPLIT_ENTRY_SIZE);
        return heads.length;
    }

    private void begin(int usedIndex) {
        region.forget();
        for (int head = 0; head < next.length; head++) {
            region.putLong(entry(head), 0);
        }
        region.putShort(InflightLayout.SPLIT_LAST_BATCH_HEAD, 0);
        region.putShort(InflightLayout.SPLIT_USED_IDX, usedIndex);
        region.use();
    }
}
