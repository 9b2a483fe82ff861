// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.memory;

/**
 * A piece of guest memory that a driver gives to a device by its guest-physical address. What the driver writes here the
 * device reads in place. While a device has it, a buffer's contents may change at any moment.
 *
 * <p>Offsets are bytes from the start of the buffer; whatever reaches outside of it throws
 * {@link IndexOutOfBoundsException}. Values are little-endian, accesses unordered: the virtqueue that carries the buffer
 * orders them.
 */
public final class DmaBuffer {
    private final MemoryRegion region;
    private final long start;
    private final int size;

    /**
     * @param region where it lies
     * @param offset of its first byte in the region
     * @param size bytes, at least 1
     * @throws IndexOutOfBoundsException if it does not lie in the region
     */
    public DmaBuffer(MemoryRegion region, long offset, int size) {
        if (offset < 0 || size < 1 || offset > region.size() - size) {
            throw new IndexOutOfBoundsException(size + " bytes at " + offset + " of region " + region);
        }
        this.region = region;
        this.start = offset;
        this.size = size;
    }

    /** The guest-physical address of the first byte. */
    public long address() {
        return region.address() + start;
    }

    /** Bytes, at least 1. */
    public int size() {
        return size;
    }

    /** The region it lies in. */
    public MemoryRegion region() {
        return region;
    }

    /** Where in its region it starts. */
    public long offset() {
        return start;
    }

    /** A part of this buffer as a buffer of its own. */
    public DmaBuffer slice(int offset, int length) {
        check(offset, length);
        return new DmaBuffer(region, start + offset, length);
    }

    public byte getByte(int offset) {
        check(offset, 1);
        return region.getByte(start + offset);
    }

    public void putByte(int offset, byte value) {
        check(offset, 1);
        region.putByte(start + offset, value);
    }

    public short getShort(int offset) {
        check(offset, 2);
        return region.getShort(start + offset);
    }

    public void putShort(int offset, short value) {
        check(offset, 2);
        region.putShort(start + offset, value);
    }

    public int getInt(int offset) {
        check(offset, 4);
        return region.getInt(start + offset);
    }

    public void putInt(int offset, int value) {
        check(offset, 4);
        region.putInt(start + offset, value);
    }

    public long getLong(int offset) {
        check(offset, 8);
        return region.getLong(start + offset);
    }

    public void putLong(int offset, long value) {
        check(offset, 8);
        region.putLong(start + offset, value);
    }

    /** Copies out of the buffer. */
    public void get(int offset, byte[] destination, int first, int length) {
        check(offset, length);
        region.get(start + offset, destination, first, length);
    }

    /** Copies into the buffer. */
    public void put(int offset, byte[] source, int first, int length) {
        check(offset, length);
        region.put(start + offset, source, first, length);
    }

    /** Sets {@code length} bytes to a value. */
    public void fill(int offset, int length, byte value) {
        check(offset, length);
        region.fill(start + offset, length, value);
    }

    private void check(int offset, int length) {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + offset + " of a buffer of " + size);
        }
    }
}
