// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

/**
 * Memory that a {@link BlockVolume} can transfer into and out of. Multi-byte values are little-endian. Offsets are
 * bytes from the start of the buffer; whatever reaches outside of it throws {@link IndexOutOfBoundsException}.
 */
public interface BlockBuffer {
    int capacity();

    int getInt(int offset);

    void putInt(int offset, int value);

    void get(int offset, byte[] destination, int start, int length);

    void put(int offset, byte[] source, int start, int length);

    /** Sets {@code length} bytes to zero. */
    void clear(int offset, int length);
}
