// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** Some registers of a device at some addresses of a bus, with a count of who came by. */
final class BusWindow {
    private static final int KINDS = 4;
    private static final int WRITE = 1;
    private static final int STRING = 2;

    private final TrappedDevice device;
    private final long base;
    private final int size;
    private final int firstRegister;

    // Written by one thread, that of the exits; read by any.
    private final AtomicLongArray exits;
    private final AtomicLongArray bytes;

    BusWindow(TrappedDevice device, long base, int size, int firstRegister) {
        this.device = device;
        this.base = base;
        this.size = size;
        this.firstRegister = firstRegister;
        this.exits = new AtomicLongArray(size * KINDS);
        this.bytes = new AtomicLongArray(size * KINDS);
    }

    boolean contains(long address) {
        return address >= base && address - base < size;
    }

    boolean overlaps(long otherBase, int otherSize) {
        return otherBase < base + size && base < otherBase + otherSize;
    }

    int read(long address, int width) {
        int index = (int) (address - base);
        count(index, 0, width);
        return device.read(firstRegister + index, width);
    }

    void write(long address, int width, int value) {
        int index = (int) (address - base);
        count(index, WRITE, width);
        device.write(firstRegister + index, width, value);
    }

    void readString(long address, int width, int count, MemorySegment memory, long offset) {
        int index = (int) (address - base);
        count(index, STRING, width * count);
        device.readString(firstRegister + index, width, count, memory, offset);
    }

    void writeString(long address, int width, int count, MemorySegment memory, long offset) {
        int index = (int) (address - base);
        count(index, STRING | WRITE, width * count);
        device.writeString(firstRegister + index, width, count, memory, offset);
    }

    String describe(long address, boolean write) {
        return device.name() + ": " + device.registerName(firstRegister + (int) (address - base), write);
    }

    private void count(int index, int kind, int moved) {
        int at = index * KINDS + kind;
        exits.setOpaque(at, exits.getPlain(at) + 1);
        bytes.setOpaque(at, bytes.getPlain(at) + moved);
    }

    /** What was counted so far, registers in order, without those that nobody came by. */
    List<ExitCount> counts() {
        List<ExitCount> counts = new ArrayList<>();
        for (int at = 0; at < exits.length(); at++) {
            long seen = exits.getOpaque(at);
            if (seen != 0) {
                boolean write = (at & WRITE) != 0;
                String register = device.registerName(firstRegister + at / KINDS, write);
                boolean string = (at & STRING) != 0;
                counts.add(new ExitCount(device.name(), register, write, string, seen, bytes.getOpaque(at)));
            }
        }
        return counts;
    }
}
