// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.vhostuser.InflightLayout;
import java.util.stream.IntStream;

/**
 * What is in flight of a packed virtqueue, with copies of the descriptors: the device overwrites those in the ring. Entries
 * are taken from a list of free ones, and both ends of each change are in one word: the free list is committed by one
 * store, and so is the used position with its wrap counter, which two stores could tear apart.
 *
 * <p>Buffers that are used go back to the free list only when they are published: whatever is polled in between commits
 * that list.
 */
final class PackedInflight extends Inflight {
    private static final int FREE_HEADS = InflightLayout.PACKED_FREE_HEAD;
    private static final int POSITIONS = InflightLayout.PACKED_USED_IDX;

    private final int[] next;
    private final int[] last;
    private final int[] num;
    private int freeHead;
    private int usedPosition;

    /** The buffer that is being polled: where its next descriptor goes, where the last went, and how many there are. */
    private int cursor;

    private int tail;
    private int count;

    PackedInflight(InflightRegion region, int queueSize) {
        super(region, queueSize);
        int entries = region.descriptors();
        next = new int[entries];
        last = new int[entries];
        num = new int[entries];
    }

    private static long entry(int index) {
        return InflightLayout.PACKED_ENTRIES + (long) index * InflightLayout.PACKED_ENTRY_SIZE;
    }

    private void writeEntry(int index, int inflight) {
        region.putLong(
                entry(index), inflight | (long) next[index] << 16 | (long) last[index] << 32 | (long) num[index] << 48);
    }

    private void writeFreeHeads() {
        region.putInt(FREE_HEADS, freeHead | freeHead << 16);
    }

    private void writePositions(int used, int old) {
        region.putLong(
                POSITIONS,
                RingIndex.offset(used)
                        | (long) RingIndex.offset(old) << 16
                        | (RingIndex.wrapCounter(used) ? 1L << 32 : 0)
                        | (RingIndex.wrapCounter(old) ? 1L << 40 : 0));
    }

    void beginPoll() {
        cursor = freeHead;
        count = 0;
    }

    /** @param word length, id and flags, as in the descriptor */
    void add(long address, long word) {
        if (cursor >= next.length) {
            throw new VirtqueueException("more descriptors in flight than the " + next.length + " of the queue");
        }
        region.putLong(entry(cursor) + InflightLayout.PACKED_ADDR, address);
        region.putLong(entry(cursor) + InflightLayout.PACKED_ID, word >>> 32 | word << 32);
        tail = cursor;
        cursor = next[cursor];
        count++;
    }

    /** All descriptors were added; nobody has worked on the buffer so far. Returns its entry. */
    int endPoll() {
        int head = freeHead;
        last[head] = tail;
        num[head] = count;
        region.putLong(entry(head) + InflightLayout.COUNTER, counter++);
        writeEntry(head, 1);
        freeHead = cursor;
        writeFreeHeads();
        return head;
    }

    void takenBack(int entry) {
        free(entry);
        writeFreeHeads();
        writeEntry(entry, 0);
    }

    private void free(int entry) {
        int end = last[entry];
        next[end] = freeHead;
        writeEntry(end, end == entry ? 1 : 0);
        freeHead = entry;
    }

    /** @param position where the driver will have used everything that was used so far */
    void beforePublish(int position) {
        for (int i = 0; i < batchSize; i++) {
            free(batch[i]);
        }
        region.putShort(FREE_HEADS, freeHead);
        writePositions(position, usedPosition);
    }

    void afterPublish(int position) {
        for (int i = 0; i < batchSize; i++) {
            writeEntry(batch[i], 0);
        }
        batchSize = 0;
        writeFreeHeads();
        usedPosition = position;
        writePositions(position, position);
    }

    /** Address of a descriptor of a buffer in flight. */
    long address(int entry) {
        return region.getLong(entry(entry) + InflightLayout.PACKED_ADDR);
    }

    /** Length, id and flags of a descriptor of a buffer in flight, as in the descriptor. */
    long word(int entry) {
        long word = region.getLong(entry(entry) + InflightLayout.PACKED_ID);
        return word >>> 32 | word << 32;
    }

    int next(int entry) {
        return next[entry];
    }

    /** Descriptors of a buffer in flight. */
    int descriptors(int entry) {
        return num[entry];
    }

    int usedPosition() {
        return usedPosition;
    }

    /** Tells the flags of the descriptor at an offset of the ring. */
    interface Ring {
        boolean isStillAvailable(int position);
    }

    /**
     * Finds out what a predecessor left.
     *
     * @param position where the queue starts if it left nothing
     * @return how many descriptors are in flight, or NONE if there are no notes
     */
    int recover(int position, Ring ring) {
        if (!region.isUsed()) {
            begin(position);
            return NONE;
        }
        int heads = region.getInt(FREE_HEADS);
        long positions = region.getLong(POSITIONS);
        int used = position((int) positions & 0xffff, (positions >>> 32 & 0xff) != 0);
        int old = position((int) (positions >>> 16) & 0xffff, (positions >>> 40 & 0xff) != 0);
        boolean published = used != old && !ring.isStillAvailable(old);
        freeHead = published ? heads & 0xffff : heads >>> 16;
        usedPosition = published ? used : old;
        int[] inflight = readEntries();
        writeFreeHeads();
        writePositions(usedPosition, usedPosition);
        resubmit(inflight, InflightLayout.PACKED_ENTRIES, InflightLayout.PACKED_ENTRY_SIZE);
        return IntStream.of(inflight).map(head -> num[head]).sum();
    }

    private int position(int offset, boolean wrapCounter) {
        if (offset >= queueSize) {
            throw new VirtqueueException("inflight memory names offset " + offset + " of a queue of " + queueSize);
        }
        return RingIndex.position(offset, wrapCounter);
    }

    /** Returns the heads of what is in flight; each entry is free, or in one list, or lost. */
    private int[] readEntries() {
        boolean[] inflight = new boolean[next.length];
        for (int index = 0; index < next.length; index++) {
            long word = region.getLong(entry(index));
            inflight[index] = (word & 0xff) != 0;
            next[index] = (int) (word >>> 16) & 0xffff;
            last[index] = (int) (word >>> 32) & 0xffff;
            num[index] = (int) (word >>> 48);
        }
        boolean[] seen = new boolean[next.length];
        for (int free = freeHead; free < next.length; free = next[free]) {
            see(seen, free);
            inflight[free] = false;
            writeEntry(free, 0);
        }
        int[] heads = IntStream.range(0, next.length).filter(i -> inflight[i]).toArray();
        int left = queueSize;
        for (int head : heads) {
            left -= num[head];
            if (num[head] == 0 || left < 0) {
                throw new VirtqueueException("inflight memory has a list of " + num[head] + " descriptors");
            }
            int index = head;
            for (int i = 1; i < num[head]; i++) {
                see(seen, index);
                index = next[index];
            }
            see(seen, index);
            if (index != last[head]) {
                throw new VirtqueueException("inflight memory has a list that ends elsewhere: " + index);
            }
        }
        return heads;
    }

    private static void see(boolean[] seen, int index) {
        if (index >= seen.length || seen[index]) {
            throw new VirtqueueException("inflight memory has lists that meet, or lead nowhere: " + index);
        }
        seen[index] = true;
    }

    private void begin(int position) {
        for (int index = 0; index < next.length; index++) {
            next[index] = index + 1;
            writeEntry(index, 0);
        }
        freeHead = 0;
        writeFreeHeads();
        usedPosition = position;
        writePositions(position, position);
        region.use();
    }
}
