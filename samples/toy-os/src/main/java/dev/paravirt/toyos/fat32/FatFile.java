// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.util.Objects;

/**
 * An open file. Whoever opens it again gets the same object, and each closes it once. Positions and sizes are in bytes.
 * What is written is durable after {@link Fat32Volume#sync}.
 */
public final class FatFile implements AutoCloseable {
    /** The largest size that FAT32 can note: four gibibytes less one byte. */
    public static final long MOST_BYTES = 0xFFFF_FFFFL;

    private final Fat32Volume volume;
    private final BlockCache cache;
    private final BootSector boot;
    private final ClusterChain chain;
    private DirectoryEntry entry;
    private long size;
    private int opened = 1;

    FatFile(Fat32Volume volume, BlockCache cache, BootSector boot, AllocationTable table, DirectoryEntry entry)
            throws FileSystemException {
        this.volume = volume;
        this.cache = cache;
        this.boot = boot;
        this.entry = entry;
        size = entry.size();
        chain = new ClusterChain(table, entry.firstCluster(), "the file \"" + entry.name() + "\"");
        if (size > 0 && chain.head() == 0) {
            throw FileSystemException.corrupt(
                    "the file \"" + entry.name() + "\" has " + size + " bytes but no cluster");
        }
    }

    public long size() {
        return size;
    }

    public String name() {
        return entry.name();
    }

    /**
     * Reads up to {@code length} bytes.
     *
     * @return how many were read: fewer only at the end of the file; -1 if {@code position} is there or behind
     */
    public int read(long position, byte[] destination, int start, int length) throws IOException {
        Objects.checkFromIndexSize(start, length, destination.length);
        checkPosition(position);
        if (position >= size) {
            return -1;
        }
        int count = (int) Math.min(length, size - position);
        for (int done = 0; done < count; ) {
            long at = offset(position + done);
            int part = Math.min(count - done, leftInCluster(position + done));
            cache.read(at, destination, start + done, part);
            done += part;
        }
        return count;
    }

    /**
     * Writes all {@code length} bytes, or none if there is no room. Behind the end, the gap is filled with zeroes: FAT
     * knows no holes.
     */
    public void write(long position, byte[] source, int start, int length) throws IOException {
        Objects.checkFromIndexSize(start, length, source.length);
        checkPosition(position);
        checkWritable();
        if (length == 0) {
            return;
        }
        long end = position + length;
        grow(Math.max(end, size));
        zero(size, position);
        for (int done = 0; done < length; ) {
            long at = offset(position + done);
            int part = Math.min(length - done, leftInCluster(position + done));
            cache.write(at, source, start + done, part, WriteOrder.DATA);
            done += part;
        }
        resized(Math.max(end, size));
    }

    /** Cuts the file, or extends it with zeroes. */
    public void truncate(long newSize) throws IOException {
        checkPosition(newSize);
        checkWritable();
        if (newSize > size) {
            grow(newSize);
            zero(size, newSize);
            resized(newSize);
        } else {
            resized(newSize);
            shrink(newSize);
        }
    }

    /** Gives the open file back; idle calls after the last one are refused. */
    @Override
    public void close() {
        if (opened == 0) {
            throw new IllegalStateException("the file \"" + entry.name() + "\" is closed");
        }
        if (--opened == 0) {
            volume.closed(entry);
        }
    }

    FatFile openAgain() {
        opened++;
        return this;
    }

    void moved(DirectoryEntry newEntry) {
        entry = newEntry;
    }

    private void grow(long newSize) throws IOException {
        if (newSize > MOST_BYTES) {
            throw new FileSystemException(
                    Reason.TOO_LARGE,
                    "the file \"" + entry.name() + "\" would have " + newSize + " bytes; FAT32 ends at " + MOST_BYTES);
        }
        if (size > 0) {
            offset(size - 1);
        }
        chain.extend(clusters(newSize));
    }

    private void shrink(long newSize) throws IOException {
        if (newSize > 0 && chain.length() > clusters(newSize)) {
            // The new size must be on the disk first: a crash may leave a chain too long, but never one too short.
            volume.sync();
        }
        chain.truncate(clusters(newSize));
        if (newSize == 0) {
            resized(0);
        }
    }

    private void zero(long from, long to) throws IOException {
        for (long position = from; position < to; ) {
            long part = Math.min(to - position, leftInCluster(position));
            cache.clear(offset(position), part, WriteOrder.DATA);
            position += part;
        }
    }

    private void resized(long newSize) throws IOException {
        size = newSize;
        Bytes slot = new Bytes(new byte[DirectorySlots.SLOT_SIZE]);
        cache.read(entry.shortSlotOffset(), slot.array(), 0, DirectorySlots.SLOT_SIZE);
        SlotFormat.update(slot, chain.head(), size, volume.now());
        slot.put8(SlotFormat.ATTRIBUTES, slot.u8(SlotFormat.ATTRIBUTES) | DirectoryEntry.ARCHIVE);
        cache.write(entry.shortSlotOffset(), slot.array(), 0, DirectorySlots.SLOT_SIZE, WriteOrder.DIRECTORY);
    }

    private long offset(long position) throws IOException {
        int cluster = chain.at((int) (position / boot.clusterSize()));
        if (cluster == AllocationTable.END) {
            throw FileSystemException.corrupt("the file \"" + entry.name() + "\" has " + size
                    + " bytes, but its clusters end before byte " + position);
        }
        return boot.clusterOffset(cluster) + position % boot.clusterSize();
    }

    private int leftInCluster(long position) {
        return boot.clusterSize() - (int) (position % boot.clusterSize());
    }

    private int clusters(long bytes) {
        return (int) ((bytes + boot.clusterSize() - 1) / boot.clusterSize());
    }

    private void checkPosition(long position) throws FileSystemException {
        if (opened == 0) {
            throw new IllegalStateException("the file \"" + entry.name() + "\" is closed");
        }
        if (position < 0) {
            throw new FileSystemException(Reason.INVALID_ARGUMENT, "a position of " + position + " bytes");
        }
        if (position > MOST_BYTES) {
            throw new FileSystemException(
                    Reason.TOO_LARGE, "position " + position + "; a file on FAT32 ends at " + MOST_BYTES);
        }
    }

    private void checkWritable() throws FileSystemException {
        volume.checkWritable();
        if (entry.isReadOnly()) {
            throw new FileSystemException(Reason.READ_ONLY, "the file \"" + entry.name() + "\" is marked read-only");
        }
    }
}
