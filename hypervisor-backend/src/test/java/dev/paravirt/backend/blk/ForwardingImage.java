// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** An image in front of another: tests override what is to be slow or to fail. It is never taken for memory. */
class ForwardingImage implements BlockImage {
    final BlockImage target;

    ForwardingImage(BlockImage target) {
        this.target = target;
    }

    @Override
    public long size() {
        return target.size();
    }

    @Override
    public boolean readOnly() {
        return target.readOnly();
    }

    @Override
    public boolean isMemory() {
        return false;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
        return target.read(memory, offset, length, position);
    }

    @Override
    public int readCached(MemorySegment memory, long offset, int length, long position) throws IOException {
        return WOULD_BLOCK;
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        return target.write(memory, offset, length, position);
    }

    @Override
    public void sync() throws IOException {
        target.sync();
    }

    @Override
    public boolean canDiscard() {
        return target.canDiscard();
    }

    @Override
    public void discard(long position, long length) throws IOException {
        target.discard(position, length);
    }

    @Override
    public void writeZeroes(long position, long length, boolean unmap) throws IOException {
        target.writeZeroes(position, length, unmap);
    }

    @Override
    public void erase(long position, long length) throws IOException {
        target.erase(position, length);
    }

    @Override
    public void grow(long size) throws IOException {
        target.grow(size);
    }

    @Override
    public void close() throws IOException {
        target.close();
    }
}
