// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import java.io.IOException;

/** A directory as a growing array of 32-byte slots. */
final class DirectorySlots {
    static final int SLOT_SIZE = 32;
    /** The most that a directory may hold; also the end of every walk through a hostile one. */
    static final int MOST_SLOTS = 1 << 16;

    private final BlockCache cache;
    private final BootSector boot;
    private final ClusterChain chain;
    private final Bytes slot = new Bytes(new byte[SLOT_SIZE]);

    DirectorySlots(BlockCache cache, BootSector boot, ClusterChain chain) {
        this.cache = cache;
        this.boot = boot;
        this.chain = chain;
    }

    /** Slots that fit without another cluster. */
    int capacity() throws IOException {
        long slots = (long) chain.length() * boot.clusterSize() / SLOT_SIZE;
        return (int) Math.min(slots, MOST_SLOTS);
    }

    /** Reads a slot; the bytes are valid until the next call. */
    Bytes read(int index) throws IOException {
        cache.read(offset(index), slot.array(), 0, SLOT_SIZE);
        return slot;
    }

    boolean exists(int index) throws IOException {
        return index < MOST_SLOTS && chain.at(cluster(index)) != AllocationTable.END;
    }

    void write(int index, byte[] slots) throws IOException {
        for (int done = 0; done < slots.length; done += SLOT_SIZE) {
            cache.write(offset(index + done / SLOT_SIZE), slots, done, SLOT_SIZE, WriteOrder.DIRECTORY);
        }
    }

    void mark(int index, int firstByte) throws IOException {
        byte[] mark = {(byte) firstByte};
        cache.write(offset(index), mark, 0, 1, WriteOrder.DIRECTORY);
    }

    /** Adds one cluster of empty slots. */
    void grow() throws IOException {
        int clusters = chain.length();
        chain.extend(clusters + 1);
        cache.clear(boot.clusterOffset(chain.at(clusters)), boot.clusterSize(), WriteOrder.DATA);
    }

    /** Where a slot lies on the volume. */
    long offset(int index) throws IOException {
        int cluster = chain.at(cluster(index));
        if (cluster == AllocationTable.END) {
            throw FileSystemException.corrupt(
                    "the directory at cluster " + chain.head() + " ends before slot " + index);
        }
        return boot.clusterOffset(cluster) + (long) index * SLOT_SIZE % boot.clusterSize();
    }

    private int cluster(int index) {
        return (int) ((long) index * SLOT_SIZE / boot.clusterSize());
    }
}
