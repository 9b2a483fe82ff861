// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory, gone when it is closed. Memory is taken chunk by chunk when it is first written to, and a chunk that
 * is discarded whole goes back to the collector once nobody reads it any more: each has an automatic arena, so that a
 * read which runs beside a discard still has its memory.
 */
public final class MemoryImage implements BlockImage {
    static final int CHUNK = 256 << 10;
    private static final MemorySegment ZEROES = Arena.global().allocate(CHUNK, 4096);

    private volatile AtomicReferenceArray<@Nullable MemorySegment> chunks;
    private volatile long size;

    /**
     * An image full of zeroes.
     *
     * @param size bytes, a multiple of 512 from 512 to 2^40
     */
    public MemoryImage(long size) {
        this.chunks = new AtomicReferenceArray<>(chunkCount(size));
        this.size = size;
    }

    private static int chunkCount(long size) {
        if (size < 512 || size % 512 != 0 || size > 1L << 40) {
            throw new IllegalArgumentException("an image of " + size + " bytes: not whole sectors, or too large");
        }
        return (int) ((size + CHUNK - 1) / CHUNK);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public boolean isMemory() {
        return true;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) {
        int here = span(position, length);
        if (here > 0) {
            MemorySegment chunk = chunks.getAcquire((int) (position / CHUNK));
            MemorySegment.copy(chunk == null ? ZEROES : chunk, position % CHUNK, memory, offset, here);
        }
        return here;
    }

    @Override
    public int readCached(MemorySegment memory, long offset, int length, long position) {
        return read(memory, offset, length, position);
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        int here = span(position, length);
        if (here == 0) {
            throw new IOException("a write at " + position + ", past the end of an image of " + size + " bytes");
        }
        MemorySegment.copy(memory, offset, chunk((int) (position / CHUNK)), position % CHUNK, here);
        return here;
    }

    /** How many of the bytes at a position lie in one chunk. */
    private int span(long position, long length) {
        return (int) Math.min(Math.min(length, Math.max(0, size - position)), CHUNK - position % CHUNK);
    }

    private MemorySegment chunk(int index) throws IOException {
        MemorySegment chunk = chunks.getAcquire(index);
        return chunk == null ? newChunk(index) : chunk;
    }

    private synchronized MemorySegment newChunk(int index) throws IOException {
        MemorySegment chunk = chunks.getAcquire(index);
        if (chunk == null) {
            try {
                chunk = Arena.ofAuto().allocate(CHUNK, 4096);
            } catch (OutOfMemoryError full) {
                throw new IOException("no memory for more of the disk; see -XX:MaxDirectMemorySize", full);
            }
            chunks.setRelease(index, chunk);
        }
        return chunk;
    }

    @Override
    public void sync() {
        // Memory is all there is.
    }

    @Override
    public boolean canDiscard() {
        return true;
    }

    @Override
    public void discard(long position, long length) {
        zero(position, length, true);
    }

    @Override
    public void writeZeroes(long position, long length, boolean unmap) {
        zero(position, length, unmap);
    }

    @Override
    public void erase(long position, long length) {
        zero(position, length, false);
    }

    private void zero(long position, long length, boolean free) {
        long done = 0;
        while (done < length) {
            long at = position + done;
            int here = span(at, length - done);
            if (here == 0) {
                throw new IndexOutOfBoundsException(length + " bytes at " + position + " of " + size);
            }
            int index = (int) (at / CHUNK);
            MemorySegment chunk = chunks.getAcquire(index);
            if (chunk != null && free && here == CHUNK) {
                freeChunk(index);
            } else if (chunk != null) {
                MemorySegment.copy(ZEROES, 0, chunk, at % CHUNK, here);
            }
            done += here;
        }
    }

    private synchronized void freeChunk(int index) {
        chunks.setRelease(index, null);
    }

    @Override
    public synchronized void grow(long newSize) {
        if (newSize < size) {
            throw new IllegalArgumentException("an image of " + size + " bytes does not grow to " + newSize);
        }
        AtomicReferenceArray<@Nullable MemorySegment> before = chunks;
        AtomicReferenceArray<@Nullable MemorySegment> after = new AtomicReferenceArray<>(chunkCount(newSize));
        for (int i = 0; i < before.length(); i++) {
            after.setPlain(i, before.getPlain(i));
        }
        chunks = after;
        size = newSize;
    }

    /** How many bytes of memory the image takes now. */
    public long allocated() {
        AtomicReferenceArray<@Nullable MemorySegment> now = chunks;
        long sum = 0;
        for (int i = 0; i < now.length(); i++) {
            sum += now.getAcquire(i) == null ? 0 : CHUNK;
        }
        return sum;
    }

    @Override
    public void close() {
        chunks = new AtomicReferenceArray<>(0);
        size = 0;
    }

    @Override
    public String toString() {
        return "memory image of " + size + " bytes";
    }
}
