// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.DmaBuffer;

/**
 * The scatter list of one request, which a driver fills and {@link DriverVirtqueue#add} reads: device-readable parts
 * first, then device-writable ones (VIRTIO 1.4, "Message Framing"). Made once, used for one request after another.
 */
public final class BufferChain {
    final long[] addresses;
    final int[] lengths;
    private int readable;
    private int count;

    /** @param capacity the most parts that it holds, at least 1 */
    public BufferChain(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a chain needs room for at least one buffer: " + capacity);
        }
        addresses = new long[capacity];
        lengths = new int[capacity];
    }

    /** Empties it. */
    public BufferChain clear() {
        readable = 0;
        count = 0;
        return this;
    }

    /**
     * Appends a part that the device reads.
     *
     * @param address guest-physical
     * @param length bytes, at least 1
     * @throws IllegalStateException if it is full, or a part that the device writes was appended before
     */
    public BufferChain addReadable(long address, int length) {
        if (readable != count) {
            throw new IllegalStateException("device-readable buffers come before device-writable ones");
        }
        append(address, length);
        readable = count;
        return this;
    }

    public BufferChain addReadable(DmaBuffer buffer) {
        return addReadable(buffer.address(), buffer.size());
    }

    /** Appends a part that the device writes; as {@link #addReadable(long, int)} otherwise. */
    public BufferChain addWritable(long address, int length) {
        append(address, length);
        return this;
    }

    public BufferChain addWritable(DmaBuffer buffer) {
        return addWritable(buffer.address(), buffer.size());
    }

    private void append(long address, int length) {
        if (count == addresses.length) {
            throw new IllegalStateException("the chain is full: " + count + " buffers");
        }
        if (length < 1) {
            throw new IllegalArgumentException("a buffer has at least one byte: " + length);
        }
        addresses[count] = address;
        lengths[count++] = length;
    }

    public int capacity() {
        return addresses.length;
    }

    /** How many parts there are. */
    public int count() {
        return count;
    }

    /** How many of the parts the device reads; those after them it writes. */
    public int readableCount() {
        return readable;
    }

    /** The guest-physical address of a part, 0 to {@code count() - 1}. */
    public long address(int part) {
        check(part);
        return addresses[part];
    }

    /** The bytes of a part, 1 or more. */
    public int length(int part) {
        check(part);
        return lengths[part];
    }

    private void check(int part) {
        if (part < 0 || part >= count) {
            throw new IndexOutOfBoundsException(part);
        }
    }

    /** Bytes that the device may write: 0 or more. */
    public long writableLength() {
        long sum = 0;
        for (int part = readable; part < count; part++) {
            sum += lengths[part];
        }
        return sum;
    }
}
