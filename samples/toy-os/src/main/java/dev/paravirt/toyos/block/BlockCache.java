// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bounded write-back cache over a {@link BlockVolume}, addressed by bytes from the start of the volume.
 *
 * <ul>
 *   <li>Blocks are replaced by the clock algorithm; all memory is taken at start-up.
 *   <li>Sequential reads are read ahead, in a window that doubles while the sequence lasts.
 *   <li>Dirty blocks are written when half the cache is dirty, when room is needed, and by {@link #sync}: neighbours in
 *       one transfer, in the order of {@link WriteOrder}.
 *   <li>A block whose write failed stays dirty and is tried again. The failure is thrown by the next {@link #sync}.
 * </ul>
 *
 * Not thread-safe: the caller holds the lock of whatever lives on the volume, also while this class waits for the disk.
 */
public final class BlockCache {
    /** Bytes in a block, if the size of the volume is a multiple of it; else the largest power of two that divides. */
    public static final int BLOCK_SIZE = 4096;

    private static final int LEAST_BLOCKS = 16;
    private static final int LARGEST_WINDOW = 32;

    private final BlockVolume volume;
    private final int blockSize;
    private final int blockShift;
    private final BlockFrame[] frames;
    private final FrameTable table;
    private final WriteBack writeBack;
    private final Streams streams;
    private final CacheStatistics statistics = new CacheStatistics();

    /** Scratch for transfers of several blocks. */
    private final BlockFrame[] batch;

    private final BlockBuffer[] batchBuffers;

    private @Nullable BlockFrame pinned;
    private int hand;
    private int dirtyBlocks;

    /** @param capacity in bytes; at least 16 blocks are taken */
    public BlockCache(BlockVolume volume, int capacity) {
        this.volume = volume;
        long size = volume.sectorCount() * volume.sectorSize();
        blockSize = (int) Math.min(BLOCK_SIZE, size == 0 ? BLOCK_SIZE : Long.lowestOneBit(size));
        blockShift = Integer.numberOfTrailingZeros(blockSize);
        frames = new BlockFrame[Math.max(LEAST_BLOCKS, capacity / blockSize)];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = new BlockFrame(volume.allocate(blockSize));
        }
        table = new FrameTable(frames.length);
        int most = Math.min(volume.maximumBuffers(), volume.maximumBytes() / blockSize);
        batch = new BlockFrame[Math.max(1, Math.min(most, Math.min(LARGEST_WINDOW, frames.length / 4)))];
        batchBuffers = new BlockBuffer[batch.length];
        streams = new Streams(batch.length);
        writeBack = new WriteBack(volume, blockSize, frames, Math.max(1, most));
    }

    public BlockVolume volume() {
        return volume;
    }

    /** Bytes that can be addressed. */
    public long size() {
        return volume.sectorCount() * volume.sectorSize();
    }

    public CacheStatistics statistics() {
        return statistics;
    }

    public void read(long offset, byte[] destination, int start, int length) throws IOException {
        Objects.checkFromIndexSize(start, length, destination.length);
        check(offset, length);
        for (int done = 0; done < length; ) {
            int within = within(offset + done);
            int part = Math.min(length - done, blockSize - within);
            BlockFrame frame = loaded((offset + done) >>> blockShift);
            frame.buffer.get(within, destination, start + done, part);
            done += part;
        }
    }

    public void write(long offset, byte[] source, int start, int length, WriteOrder order) throws IOException {
        Objects.checkFromIndexSize(start, length, source.length);
        check(offset, length);
        for (int done = 0; done < length; ) {
            int within = within(offset + done);
            int part = Math.min(length - done, blockSize - within);
            BlockFrame frame = forWriting((offset + done) >>> blockShift, part);
            frame.buffer.put(within, source, start + done, part);
            dirtied(frame, order);
            done += part;
        }
    }

    /** Writes zeroes. */
    public void clear(long offset, long length, WriteOrder order) throws IOException {
        check(offset, length);
        for (long done = 0; done < length; ) {
            int within = within(offset + done);
            int part = (int) Math.min(length - done, blockSize - within);
            BlockFrame frame = forWriting((offset + done) >>> blockShift, part);
            frame.buffer.clear(within, part);
            dirtied(frame, order);
            done += part;
        }
    }

    /** The little-endian word at an offset that is a multiple of 4. */
    public int getInt(long offset) throws IOException {
        check(offset, Integer.BYTES);
        return loaded(offset >>> blockShift).buffer.getInt(within(offset));
    }

    public void putInt(long offset, int value, WriteOrder order) throws IOException {
        check(offset, Integer.BYTES);
        BlockFrame frame = loaded(offset >>> blockShift);
        frame.buffer.putInt(within(offset), value);
        dirtied(frame, order);
    }

    /**
     * Makes everything written so far durable.
     *
     * @throws IOException if a block could not be written, now or in the background since the last call; what could
     *     not be written stays in the cache and is tried again by the next call
     */
    public void sync() throws IOException {
        writeDirtyBlocks();
        writeBack.throwFailure();
    }

    public int dirtyBlocks() {
        return dirtyBlocks;
    }

    private void writeDirtyBlocks() {
        statistics.writeBacks++;
        int cleaned = writeBack.run();
        dirtyBlocks -= cleaned;
        statistics.blocksWritten += cleaned;
    }

    private void dirtied(BlockFrame frame, WriteOrder order) {
        if (frame.dirty == null) {
            dirtyBlocks++;
            frame.dirty = order;
        } else if (frame.dirty.compareTo(order) < 0) {
            frame.dirty = order;
        }
        // A disk that fails is not asked again for each write: the failure waits for sync, or for lack of room.
        if (dirtyBlocks > frames.length / 2 && !writeBack.failed()) {
            writeDirtyBlocks();
        }
    }

    private BlockFrame forWriting(long block, int length) throws IOException {
        BlockFrame frame = table.find(block);
        if (frame != null || length < blockSize) {
            return loaded(block);
        }
        frame = claim();
        frame.reset(block);
        table.insert(frame);
        return frame;
    }

    private BlockFrame loaded(long block) throws IOException {
        int stream = streams.follow(block);
        BlockFrame frame = table.find(block);
        if (frame == null) {
            statistics.misses++;
            frame = claim();
            batch[0] = frame;
            start(block, fillBatch(1, block, streams.widen(stream)));
        } else {
            statistics.hits++;
            frame.referenced = true;
            if (frame.readAheadMark) {
                frame.readAheadMark = false;
                // The caller is about to use this one: reading ahead must not take its place.
                pinned = frame;
                readAhead(block + 1, streams.widen(stream));
                pinned = null;
            }
        }
        settle(frame);
        return frame;
    }

    /** Starts to read a window behind the blocks already present from {@code block} on; does not wait. */
    private void readAhead(long block, int window) {
        long from = block;
        while (from < block + window && table.find(from) != null) {
            from++;
        }
        int count = fillBatch(0, from, window);
        if (count > 0) {
            start(from, count);
            volume.kick();
        }
    }

    private int fillBatch(int count, long block, int window) {
        int filled = count;
        while (filled < window && block + filled < blocks() && table.find(block + filled) == null) {
            BlockFrame frame = claimClean(filled);
            if (frame == null) {
                break;
            }
            batch[filled++] = frame;
        }
        return filled;
    }

    private void start(long block, int count) {
        for (int i = 0; i < count; i++) {
            batchBuffers[i] = batch[i].buffer;
        }
        Transfer transfer = volume.read(sector(block), count * blockSize, batchBuffers, 0, count);
        statistics.reads++;
        statistics.blocksRead += count;
        for (int i = 0; i < count; i++) {
            batch[i].reset(block + i);
            batch[i].loading = transfer;
            table.insert(batch[i]);
        }
        if (count > 1) {
            batch[count / 2].readAheadMark = true;
        }
    }

    /** Waits for a block on its way; a block that cannot be read leaves the cache. */
    private void settle(BlockFrame frame) throws IOException {
        Transfer transfer = frame.loading;
        if (transfer == null) {
            return;
        }
        try {
            transfer.await();
        } catch (IOException failed) {
            // One bad sector fails the whole transfer: ask for this block alone before giving it up.
            batchBuffers[0] = frame.buffer;
            try {
                volume.read(sector(frame.block), blockSize, batchBuffers, 0, 1).await();
            } catch (IOException again) {
                table.remove(frame);
                frame.reset(BlockFrame.EMPTY);
                throw again;
            }
        }
        frame.loading = null;
    }

    private BlockFrame claim() throws IOException {
        BlockFrame frame = claimClean(0);
        if (frame != null) {
            return frame;
        }
        writeDirtyBlocks();
        frame = claimClean(0);
        while (frame == null) {
            awaitAnyLoad();
            frame = claimClean(0);
        }
        return frame;
    }

    private void awaitAnyLoad() throws IOException {
        for (BlockFrame frame : frames) {
            if (frame.loading != null) {
                settle(frame);
                return;
            }
        }
        writeBack.throwFailure();
        throw new IOException("all " + frames.length + " cached blocks are waiting to be written and cannot be");
    }

    /**
     * Takes a clean frame out of the cache, or null if there is none.
     *
     * @param taken so many frames at the start of the batch are spoken for
     */
    private @Nullable BlockFrame claimClean(int taken) {
        for (int step = 0; step < 2 * frames.length; step++) {
            BlockFrame frame = frames[hand];
            hand = hand + 1 == frames.length ? 0 : hand + 1;
            if (frame.dirty != null || frame == pinned || frame.busy() || inBatch(frame, taken)) {
                continue;
            }
            if (frame.referenced) {
                frame.referenced = false;
            } else {
                if (frame.block != BlockFrame.EMPTY) {
                    table.remove(frame);
                    frame.reset(BlockFrame.EMPTY);
                }
                return frame;
            }
        }
        return null;
    }

    private boolean inBatch(BlockFrame frame, int taken) {
        for (int i = 0; i < taken; i++) {
            if (batch[i] == frame) {
                return true;
            }
        }
        return false;
    }

    private long blocks() {
        return size() >>> blockShift;
    }

    private long sector(long block) {
        return (block << blockShift) / volume.sectorSize();
    }

    private int within(long offset) {
        return (int) offset & (blockSize - 1);
    }

    private void check(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, size());
    }
}
