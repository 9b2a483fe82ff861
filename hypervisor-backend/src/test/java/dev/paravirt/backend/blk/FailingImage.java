// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A disk with one sector that can be neither read nor written, and whose cache cannot be flushed while that is so. */
public final class FailingImage extends ForwardingImage {
    public volatile long badSector = -1;

    public FailingImage(BlockImage image) {
        super(image);
    }

    private int good(int length, long position) throws IOException {
        long bad = badSector * 512;
        if (badSector < 0 || bad + 512 <= position || bad >= position + length) {
            return length;
        }
        if (bad <= position) {
            throw new IOException("sector " + badSector + " is bad");
        }
        return (int) (bad - position);
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
        return super.read(memory, offset, good(length, position), position);
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        return super.write(memory, offset, good(length, position), position);
    }

    @Override
    public void sync() throws IOException {
        if (badSector >= 0) {
            throw new IOException("flush");
        }
        super.sync();
    }
}
