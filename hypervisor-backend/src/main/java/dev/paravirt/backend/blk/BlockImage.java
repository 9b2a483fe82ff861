// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.linux.Linux;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * What a block device stores its sectors in. Positions and lengths are bytes; a device stays within {@link #size}.
 *
 * <p>For any number of threads at once, but for {@link #close}. Reads and writes go straight between the image and
 * {@code memory[offset, offset + length)}, which is native, and allocate nothing. What concurrent writes to the same bytes
 * leave there is undefined, as on a real disk; bytes beside them are not touched.
 */
public interface BlockImage extends AutoCloseable {
    /** Returned by {@link #readCached} where a plain read might wait. */
    int WOULD_BLOCK = -1;

    /**
     * Opens a raw image file, or a block device, and locks it until it is closed: alone, or together with other readers
     * if it is read-only. It is never created, and grows only by {@link #grow}.
     *
     * @throws ImageLockedException if somebody else serves it; the message names who, and what to do
     * @throws IOException if it is not there, cannot be opened so, or is not whole sectors long
     */
    static BlockImage open(Path file, boolean readOnly) throws IOException {
        return Linux.isSupported() ? RawFileImage.open(file, readOnly) : PortableFileImage.open(file, readOnly);
    }

    /** Bytes: a multiple of 512, at least 512. */
    long size();

    /** Whether every change is refused with an exception. */
    boolean readOnly();

    /** Whether all operations here take no longer than copying the bytes, so that a worker may do them itself. */
    boolean isMemory();

    /**
     * Reads.
     *
     * @return bytes read, fewer than {@code length} at times; 0 only at the end of the image
     */
    int read(MemorySegment memory, long offset, int length, long position) throws IOException;

    /**
     * As {@link #read}, but only what is at hand.
     *
     * @return as {@link #read}, or {@link #WOULD_BLOCK}
     */
    int readCached(MemorySegment memory, long offset, int length, long position) throws IOException;

    /**
     * Writes.
     *
     * @return bytes written, at least 1, fewer than {@code length} at times
     */
    int write(MemorySegment memory, long offset, int length, long position) throws IOException;

    /**
     * Puts all changes that were complete before the call on stable storage. One at a time. If it fails, what was written
     * before may be lost, and another call may not tell.
     */
    void sync() throws IOException;

    /** Whether {@link #discard}, and {@link #writeZeroes} with {@code unmap}, may give space back. */
    boolean canDiscard();

    /** The range is not needed any more: gives its space back where that is possible. It reads as anything then. */
    void discard(long position, long length) throws IOException;

    /**
     * Makes a range read as zeroes.
     *
     * @param unmap whether its space may be given back; otherwise later writes there find their space reserved
     */
    void writeZeroes(long position, long length, boolean unmap) throws IOException;

    /**
     * Overwrites a range in place; a {@link #sync} follows before the driver hears of it. Whether that erases the last copy
     * is up to what is below: a file system that copies on write, or a flash disk, keeps the old one.
     */
    void erase(long position, long length) throws IOException;

    /**
     * Makes the image larger; the new part reads as zeroes.
     *
     * @param size bytes, a multiple of 512, at least {@link #size}
     * @throws IOException if it cannot grow, as a block device cannot
     */
    void grow(long size) throws IOException;

    /** Releases the image and its lock. Nothing may be under way. */
    @Override
    void close() throws IOException;
}
