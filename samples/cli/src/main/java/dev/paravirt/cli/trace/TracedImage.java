// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import dev.paravirt.backend.blk.BlockImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A disk, with notes of when a device reads it. */
record TracedImage(BlockImage image, Recorder recorder) implements BlockImage {
    @Override
    public long size() {
        return image.size();
    }

    @Override
    public boolean readOnly() {
        return image.readOnly();
    }

    @Override
    public boolean isMemory() {
        return image.isMemory();
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
        long start = System.nanoTime();
        int count = image.read(memory, offset, length, position);
        recorder.ended(Level.HYPERVISOR, Span.Kind.DISK, count, 0, start);
        return count;
    }

    @Override
    public int readCached(MemorySegment memory, long offset, int length, long position) throws IOException {
        long start = System.nanoTime();
        int count = image.readCached(memory, offset, length, position);
        recorder.ended(Level.HYPERVISOR, Span.Kind.DISK, count, 0, start);
        return count;
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        return image.write(memory, offset, length, position);
    }

    @Override
    public void sync() throws IOException {
        image.sync();
    }

    @Override
    public boolean canDiscard() {
        return image.canDiscard();
    }

    @Override
    public void discard(long position, long length) throws IOException {
        image.discard(position, length);
    }

    @Override
    public void writeZeroes(long position, long length, boolean unmap) throws IOException {
        image.writeZeroes(position, length, unmap);
    }

    @Override
    public void erase(long position, long length) throws IOException {
        image.erase(position, length);
    }

    @Override
    public void grow(long size) throws IOException {
        image.grow(size);
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}
