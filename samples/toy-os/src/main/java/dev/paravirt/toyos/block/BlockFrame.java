// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import org.jspecify.annotations.Nullable;

/** One place of the {@link BlockCache}: a buffer, and which block of the volume it holds. */
final class BlockFrame {
    static final long EMPTY = -1;

    final BlockBuffer buffer;
    long block = EMPTY;

    /** Chain of the frames that share a bucket of the {@link FrameTable}. */
    @Nullable
    BlockFrame next;

    /** Set by each use, taken away by the clock hand. */
    boolean referenced;

    /** Using this block is the sign to read the next ones ahead. */
    boolean readAheadMark;

    /** Null while the block is as it is on the disk. */
    @Nullable
    WriteOrder dirty;

    /** Null unless the content is still on its way from the disk. */
    @Nullable
    Transfer loading;

    BlockFrame(BlockBuffer buffer) {
        this.buffer = buffer;
    }

    boolean busy() {
        return loading != null && !loading.done();
    }

    void reset(long newBlock) {
        block = newBlock;
        referenced = true;
        readAheadMark = false;
        dirty = null;
        loading = null;
    }
}
