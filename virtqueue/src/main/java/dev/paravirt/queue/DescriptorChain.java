// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request as the device sees it: device-readable memory, then device-writable memory, each a sequence of bytes that
 * may lie in several pieces. Where the pieces begin and end has no meaning: parse by byte offset (VIRTIO 1.4, "Message
 * Framing").
 *
 * <p>It belongs to the device from {@link DeviceVirtqueue#poll} to {@link DeviceVirtqueue#push}. Addresses were checked
 * once and are used as checked; the bytes behind them are the guest's, and may change between any two reads. For one
 * thread at a time.
 */
public final class DescriptorChain {
    private static final int FIRST_CAPACITY = 8;
    private static final int CACHE_LINE = 64;

    private @Nullable MemoryRegion[] regions = new @Nullable MemoryRegion[FIRST_CAPACITY];
    private long[] offsets = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private int pieces;
    private int readablePieces;
    private long readableLength;
    private long writableLength;

    /** What the ring needs to know to push it. */
    int id;

    int descriptors;
    int order;

    /** Where it is noted as in flight, if it is. */
    int inflightEntry;

    int written;
    boolean polled;
    long sequence;

    DescriptorChain() {}

    void clear() {
        pieces = 0;
        readablePieces = 0;
        readableLength = 0;
        writableLength = 0;
    }

    /** Appends a buffer as the driver described it, after checking it against memory. */
    void append(GuestMemory memory, long address, long length, boolean writable) {
        if (length == 0) {
            throw new VirtqueueException("a descriptor of length 0");
        }
        if (!writable && writableLength > 0) {
            throw new VirtqueueException("a device-readable descriptor behind a device-writable one");
        }
        // All in one region, as a rule: that is worth a path without the loop.
        MemoryRegion whole = memory.find(address, length);
        if (whole != null && length <= Integer.MAX_VALUE) {
            appendPiece(whole, address - whole.address(), (int) length);
        } else {
            appendPieces(memory, address, length);
        }
        if (writable) {
            writableLength += length;
        } else {
            readableLength += length;
            readablePieces = pieces;
        }
    }

    /** A piece that ends with its region may go on in the next one; a piece is at most 2^31 - 1 bytes. */
    private void appendPieces(GuestMemory memory, long address, long length) {
        long at = address;
        long left = length;
        while (left > 0) {
            MemoryRegion region = memory.find(at, 1);
            if (region == null) {
                throw new VirtqueueException(
                        "a descriptor outside of memory: " + length + " bytes at 0x" + Long.toHexString(address));
            }
            long offset = at - region.address();
            int here = (int) Math.min(Math.min(left, region.size() - offset), Integer.MAX_VALUE);
            appendPiece(region, offset, here);
            at += here;
            left -= here;
        }
    }

    private void appendPiece(MemoryRegion region, long offset, int length) {
        if (pieces == lengths.length) {
            regions = Arrays.copyOf(regions, pieces * 2);
            offsets = Arrays.copyOf(offsets, pieces * 2);
            lengths = Arrays.copyOf(lengths, pieces * 2);
        }
        // The same region as a rule: a store of a reference costs more than a look.
        if (regions[pieces] != region) {
            regions[pieces] = region;
        }
        offsets[pieces] = offset;
        lengths[pieces++] = length;
    }

    /** Bytes that the device may read. */
    public long readableLength() {
        return readableLength;
    }

    /** Bytes that the device may write. */
    public long writableLength() {
        return writableLength;
    }

    /** Pieces of memory, those that the device may read first. */
    public int pieces() {
        return pieces;
    }

    /** How many pieces the device may read; those from there on it may write. */
    public int readablePieces() {
        return readablePieces;
    }

    /** The region in which a piece lies. */
    public MemoryRegion region(int piece) {
        if (piece >= pieces) {
            throw new IndexOutOfBoundsException(piece);
        }
        MemoryRegion region = regions[piece];
        if (region == null) {
            throw new IllegalStateException();
        }
        return region;
    }

    /** Where in its region a piece starts. */
    public long offset(int piece) {
        return offsets[piece];
    }

    /** Bytes of a piece, 1 or more. */
    public int length(int piece) {
        return lengths[piece];
    }

    /**
     * Copies bytes that the device may read.
     *
     * @param offset in the readable bytes
     * @throws IndexOutOfBoundsException unless {@code offset + length <= readableLength()}
     */
    public void read(long offset, byte[] destination, int start, int length) {
        check(offset, length, readableLength);
        transfer(0, offset, destination, start, length, false);
    }

    /**
     * Has the processor fetch the beginning of what the device may read, for {@link #read} soon after. What it returns is
     * of no use, except that it has to be used for this to happen.
     */
    public int touch() {
        if (readablePieces == 0) {
            return 0;
        }
        MemoryRegion region = region(0);
        long offset = offsets[0];
        return region.getByte(offset) + region.getByte(offset + Math.min(lengths[0] - 1, CACHE_LINE));
    }

    /** Has the processor fetch the beginning of what the device may write, which is overwritten, for {@link #write} soon after. */
    public void touchWritable() {
        if (writableLength > 0) {
            MemoryRegion region = region(readablePieces);
            long offset = offsets[readablePieces];
            region.putByte(offset, (byte) 0);
            region.putByte(offset + Math.min(lengths[readablePieces] - 1, CACHE_LINE), (byte) 0);
        }
    }

    /** One readable byte, 0 to 255. */
    public int readByte(long offset) {
        return (int) readBytes(offset, 1);
    }

    /** A little-endian 16-bit number of the readable bytes, 0 to 65535; its bytes may lie in several pieces. */
    public int readShort(long offset) {
        return (int) readBytes(offset, 2);
    }

    /** A little-endian 32-bit number of the readable bytes. */
    public int readInt(long offset) {
        return (int) readBytes(offset, 4);
    }

    /** A little-endian 64-bit number of the readable bytes. */
    public long readLong(long offset) {
        return readBytes(offset, 8);
    }

    private long readBytes(long offset, int width) {
        check(offset, width, readableLength);
        int piece = 0;
        long at = offset;
        while (at >= lengths[piece]) {
            at -= lengths[piece++];
        }
        if (at + width <= lengths[piece]) {
            return whole(region(piece), offsets[piece] + at, width);
        }
        long value = 0;
        for (int i = 0; i < width; i++) {
            while (at >= lengths[piece]) {
                at = 0;
                piece++;
            }
            value |= (region(piece).getByte(offsets[piece] + at++) & 0xffL) << (8 * i);
        }
        return value;
    }

    private static long whole(MemoryRegion region, long offset, int width) {
        return switch (width) {
            case 1 -> region.getByte(offset) & 0xffL;
            case 2 -> region.getShort(offset) & 0xffffL;
            case 4 -> region.getInt(offset) & 0xffffffffL;
            default -> region.getLong(offset);
        };
    }

    /**
     * Copies into bytes that the device may write.
     *
     * @param offset in the writable bytes
     * @throws IndexOutOfBoundsException unless {@code offset + length <= writableLength()}
     */
    public void write(long offset, byte[] source, int start, int length) {
        check(offset, length, writableLength);
        transfer(readablePieces, offset, source, start, length, true);
    }

    /** Writes one byte. */
    public void writeByte(long offset, int value) {
        check(offset, 1, writableLength);
        int piece = readablePieces;
        long at = offset;
        while (at >= lengths[piece]) {
            at -= lengths[piece++];
        }
        region(piece).putByte(offsets[piece] + at, (byte) value);
    }

    private void transfer(int firstPiece, long offset, byte[] bytes, int start, int length, boolean write) {
        int piece = firstPiece;
        long at = offset;
        int done = 0;
        while (done < length) {
            if (at >= lengths[piece]) {
                at -= lengths[piece++];
                continue;
            }
            int here = (int) Math.min(length - done, lengths[piece] - at);
            if (write) {
                region(piece).put(offsets[piece] + at, bytes, start + done, here);
            } else {
                region(piece).get(offsets[piece] + at, bytes, start + done, here);
            }
            done += here;
            at += here;
        }
    }

    private static void check(long offset, int length, long limit) {
        if (offset < 0 || length < 0 || offset > limit - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + offset + " of " + limit);
        }
    }
}
