// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A {@link BlockBuffer} in the Java heap, for volumes that exist in tests alone. */
final class HeapBuffer implements BlockBuffer {
    final byte[] bytes;
    private final ByteBuffer view;

    HeapBuffer(int capacity) {
        bytes = new byte[capacity];
        view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int capacity() {
        return bytes.length;
    }

    @Override
    public int getInt(int offset) {
        return view.getInt(offset);
    }

    @Override
    public void putInt(int offset, int value) {
        view.putInt(offset, value);
    }

    @Override
    public void get(int offset, byte[] destination, int start, int length) {
        view.get(offset, destination, start, length);
    }

    @Override
    public void put(int offset, byte[] source, int start, int length) {
        view.put(offset, source, start, length);
    }

    @Override
    public void clear(int offset, int length) {
        Arrays.fill(bytes, offset, offset + length, (byte) 0);
    }
}
