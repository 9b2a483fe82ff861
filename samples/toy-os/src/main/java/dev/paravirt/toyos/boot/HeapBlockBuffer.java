// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.block.BlockBuffer;
import java.util.Arrays;
import java.util.Objects;

/** Memory that no device reaches: the CPU moves each word of it. */
record HeapBlockBuffer(byte[] bytes) implements BlockBuffer {
    @Override
    public int capacity() {
        return bytes.length;
    }

    @Override
    public int getInt(int offset) {
        Objects.checkFromIndexSize(offset, Integer.BYTES, bytes.length);
        return bytes[offset] & 0xff
                | (bytes[offset + 1] & 0xff) << 8
                | (bytes[offset + 2] & 0xff) << 16
                | bytes[offset + 3] << 24;
    }

    @Override
    public void putInt(int offset, int value) {
        Objects.checkFromIndexSize(offset, Integer.BYTES, bytes.length);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[offset + i] = (byte) (value >>> Byte.SIZE * i);
        }
    }

    @Override
    public void get(int offset, byte[] destination, int start, int length) {
        System.arraycopy(bytes, offset, destination, start, length);
    }

    @Override
    public void put(int offset, byte[] source, int start, int length) {
        System.arraycopy(source, start, bytes, offset, length);
    }

    @Override
    public void clear(int offset, int length) {
        Arrays.fill(bytes, offset, offset + length, (byte) 0);
    }
}
