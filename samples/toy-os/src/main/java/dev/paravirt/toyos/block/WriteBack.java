// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the dirty frames of a {@link BlockCache}: one {@link WriteOrder} after the other, neighbours together. */
final class WriteBack {
    private static final Comparator<BlockFrame> BY_BLOCK = Comparator.comparingLong(frame -> frame.block);
    private static final WriteOrder[] ORDERS = WriteOrder.values();

    private final BlockVolume volume;
    private final int blockSize;
    private final BlockFrame[] frames;
    private final int mostBlocks;
    private final BlockFrame[] dirty;
    private final BlockBuffer[] buffers;
    private final List<Transfer> transfers = new ArrayList<>();

    private @Nullable IOException failure;

    WriteBack(BlockVolume volume, int blockSize, BlockFrame[] frames, int mostBlocks) {
        this.volume = volume;
        this.blockSize = blockSize;
        this.frames = frames;
        this.mostBlocks = mostBlocks;
        dirty = new BlockFrame[frames.length];
        buffers = new BlockBuffer[frames.length];
    }

    /** Whether a failure waits to be thrown. */
    boolean failed() {
        return failure != null;
    }

    /** Throws the first failure since the last call, if there was one. */
    void throwFailure() throws IOException {
        IOException first = failure;
        failure = null;
        if (first != null) {
            throw new IOException(
                    "write-back failed (the blocks are kept and tried again): " + first.getMessage(), first);
        }
    }

    /**
     * Writes what is dirty and has it flushed. Stops before a kind whose predecessor failed, for the order holds in
     * trouble too.
     *
     * @return how many blocks are clean now
     */
    int run() {
        int cleaned = 0;
        for (WriteOrder order : ORDERS) {
            int count = collect(order);
            if (count == 0) {
                continue;
            }
            if (!write(count)) {
                break;
            }
            // Only now: a device that loses a flush may have lost the writes before it.
            for (int i = 0; i < count; i++) {
                dirty[i].dirty = null;
            }
            cleaned += count;
        }
        return cleaned;
    }

    private int collect(WriteOrder order) {
        int count = 0;
        for (BlockFrame frame : frames) {
            if (frame.dirty == order) {
                dirty[count++] = frame;
            }
        }
        Arrays.sort(dirty, 0, count, BY_BLOCK);
        for (int i = 0; i < count; i++) {
            buffers[i] = dirty[i].buffer;
        }
        return count;
    }

    private boolean write(int count) {
        for (int first = 0; first < count; ) {
            int run = 1;
            while (first + run < count && run < mostBlocks && dirty[first + run].block == dirty[first].block + run) {
                run++;
            }
            long sector = dirty[first].block * blockSize / volume.sectorSize();
            transfers.add(volume.write(sector, run * blockSize, buffers, first, run));
            first += run;
        }
        boolean written = true;
        for (Transfer transfer : transfers) {
            written &= succeeds(transfer);
        }
        transfers.clear();
        return written && succeeds(volume.flush());
    }

    private boolean succeeds(Transfer transfer) {
        try {
            transfer.await();
            return true;
        } catch (IOException failed) {
            if (failure == null) {
                failure = failed;
            }
            return false;
        }
    }
}
