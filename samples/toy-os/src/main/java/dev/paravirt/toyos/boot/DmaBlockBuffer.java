// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.toyos.block.BlockBuffer;

/** Memory that the kernel works on and the device transfers into and out of: the same bytes, never copied. */
record DmaBlockBuffer(DmaBuffer memory) implements BlockBuffer {
    @Override
    public int capacity() {
        return memory.size();
    }

    @Override
    public int getInt(int offset) {
        return memory.getInt(offset);
    }

    @Override
    public void putInt(int offset, int value) {
        memory.putInt(offset, value);
    }

    @Override
    public void get(int offset, byte[] destination, int start, int length) {
        memory.get(offset, destination, start, length);
    }

    @Override
    public void put(int offset, byte[] source, int start, int length) {
        memory.put(offset, source, start, length);
    }

    @Override
    public void clear(int offset, int length) {
        memory.fill(offset, length, (byte) 0);
    }
}
