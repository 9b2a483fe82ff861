// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A range of guest-physical addresses with memory behind it, shared with a peer that may write to it at any moment.
 *
 * <p>Accessors take an offset in bytes from the start of the region and read or write little-endian. Those without a
 * suffix accept any alignment and are unordered. Those named {@code Opaque}, {@code Acquire} and {@code Release} access
 * the word exactly once, undivided, and need an offset that is a multiple of its size. Whatever reaches outside of the
 * region throws {@link IndexOutOfBoundsException}; nothing is ever accessed there. For any thread, as far as the
 * segment's arena allows.
 */
public final class MemoryRegion {
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = exact(ValueLayout.JAVA_SHORT);
    private static final VarHandle INT = exact(ValueLayout.JAVA_INT);
    private static final VarHandle LONG = exact(ValueLayout.JAVA_LONG);

    /** Descriptor rings and tables are aligned to this, and so must be what they lie in, on both sides of the mapping. */
    private static final int ALIGNMENT = 16;

    private final long address;
    private final long size;
    private final MemorySegment memory;

    private static VarHandle exact(ValueLayout layout) {
        return layout.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();
    }

    /**
     * Gives memory a guest-physical address.
     *
     * @param address of the first byte: a multiple of 16 from 0 on, such that the region ends at or below 2^63 - 1
     * @param memory native memory, aligned to 16 bytes; accesses fail once its arena is closed
     */
    public MemoryRegion(long address, MemorySegment memory) {
        this.address = address;
        this.size = memory.byteSize();
        this.memory = memory;
        if (address < 0 || size == 0 || address > Long.MAX_VALUE - size || address % ALIGNMENT != 0) {
            throw new IllegalArgumentException(
                    "no memory region: " + size + " bytes at guest-physical address 0x" + Long.toHexString(address));
        }
        if (!memory.isNative() || memory.address() % ALIGNMENT != 0 || memory.isReadOnly()) {
            throw new IllegalArgumentException("a memory region needs writable native memory, aligned to " + ALIGNMENT);
        }
    }

    /** The guest-physical address of the first byte. */
    public long address() {
        return address;
    }

    /** Bytes, at least 1. */
    public long size() {
        return size;
    }

    /** Whether {@code length} bytes (0 or more) from guest-physical {@code gpa} on, any number, lie in the region. */
    public boolean contains(long gpa, long length) {
        long offset = gpa - address;
        return offset >= 0 && length >= 0 && offset <= size - length;
    }

    /** The bytes of the region, for system calls and bulk transfers on the JVM. */
    public MemorySegment segment() {
        return memory;
    }

    public byte getByte(long offset) {
        return memory.get(ValueLayout.JAVA_BYTE, offset);
    }

    public void putByte(long offset, byte value) {
        memory.set(ValueLayout.JAVA_BYTE, offset, value);
    }

    public short getShort(long offset) {
        return memory.get(LE16, offset);
    }

    public void putShort(long offset, short value) {
        memory.set(LE16, offset, value);
    }

    public int getInt(long offset) {
        return memory.get(LE32, offset);
    }

    public void putInt(long offset, int value) {
        memory.set(LE32, offset, value);
    }

    public long getLong(long offset) {
        return memory.get(LE64, offset);
    }

    public void putLong(long offset, long value) {
        memory.set(LE64, offset, value);
    }

    public short getShortOpaque(long offset) {
        return (short) SHORT.getOpaque(memory, offset);
    }

    /** What the peer wrote before its release of this word is visible afterwards. */
    public short getShortAcquire(long offset) {
        return (short) SHORT.getAcquire(memory, offset);
    }

    public void putShortOpaque(long offset, short value) {
        SHORT.setOpaque(memory, offset, value);
    }

    /** Whatever was written before is visible to the peer that acquires this word. */
    public void putShortRelease(long offset, short value) {
        SHORT.setRelease(memory, offset, value);
    }

    public int getIntOpaque(long offset) {
        return (int) INT.getOpaque(memory, offset);
    }

    /** What the peer wrote before its release of this word is visible afterwards. */
    public int getIntAcquire(long offset) {
        return (int) INT.getAcquire(memory, offset);
    }

    public void putIntOpaque(long offset, int value) {
        INT.setOpaque(memory, offset, value);
    }

    /** Whatever was written before is visible to the peer that acquires this word. */
    public void putIntRelease(long offset, int value) {
        INT.setRelease(memory, offset, value);
    }

    public long getLongOpaque(long offset) {
        return (long) LONG.getOpaque(memory, offset);
    }

    /** What the peer wrote before its release of this word is visible afterwards. */
    public long getLongAcquire(long offset) {
        return (long) LONG.getAcquire(memory, offset);
    }

    public void putLongOpaque(long offset, long value) {
        LONG.setOpaque(memory, offset, value);
    }

    /** Whatever was written before is visible to the peer that acquires this word. */
    public void putLongRelease(long offset, long value) {
        LONG.setRelease(memory, offset, value);
    }

    /** Copies out of the region. */
    public void get(long offset, byte[] destination, int start, int length) {
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, destination, start, length);
    }

    /** Copies into the region. */
    public void put(long offset, byte[] source, int start, int length) {
        MemorySegment.copy(source, start, memory, ValueLayout.JAVA_BYTE, offset, length);
    }

    /** Sets {@code length} bytes to a value. */
    public void fill(long offset, long length, byte value) {
        memory.asSlice(offset, length).fill(value);
    }

    /** Orders every access before it, stores included, before every access after it. */
    public static void fullFence() {
        VarHandle.fullFence();
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(address) + "+0x" + Long.toHexString(size);
    }
}
