// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.lang.foreign.Arena;

/**
 * Bytes, from a fuzzer or a random generator, read as the moves of a hostile peer. The same bytes make the same moves;
 * behind the last byte come zeros.
 */
final class Script {
    static final long FIRST = 0x1000;
    static final int FIRST_BYTES = 0x2000;
    static final long SECOND = FIRST + FIRST_BYTES;
    static final int SECOND_BYTES = 0x1000;
    static final long FAR = 0x7fff_ffff_ffff_0000L;
    static final int FAR_BYTES = 0x100;

    private static final long[] ADDRESSES = {
        FIRST,
        FIRST + 16,
        FIRST + 0x800,
        SECOND - 16,
        SECOND - 1,
        SECOND,
        SECOND + SECOND_BYTES - 16,
        SECOND + SECOND_BYTES,
        FAR,
        FAR + FAR_BYTES - 1,
        0,
        FIRST - 1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -16
    };
    private static final int[] LENGTHS = {
        1, 2, 7, 16, 17, 32, 48, 64, 128, 255, 4096, 0, 15, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff
    };

    private final byte[] bytes;
    private int at;

    Script(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Two regions that touch, and one at the far end of the address space. */
    static GuestMemory memory(Arena arena) {
        return new GuestMemory(
                new MemoryRegion(FIRST, arena.allocate(FIRST_BYTES, 64)),
                new MemoryRegion(SECOND, arena.allocate(SECOND_BYTES, 64)),
                new MemoryRegion(FAR, arena.allocate(FAR_BYTES, 64)));
    }

    boolean goesOn() {
        return at < bytes.length;
    }

    /** 0 to 255. */
    int next() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    /** 0 to {@code bound - 1}. */
    int below(int bound) {
        return next() % bound;
    }

    int nextShort() {
        return next() | next() << 8;
    }

    long nextLong() {
        return (nextShort() | (long) nextShort() << 16) | (nextShort() | (long) nextShort() << 16) << 32;
    }

    /** One in four times an address where something may go wrong. */
    long address() {
        int choice = next();
        return choice < 192 ? SECOND + choice * 16L : ADDRESSES[choice & 0xf] + (choice >>> 4 & 3) * 24L;
    }

    /** One in four times a length where something may go wrong. */
    int length() {
        int choice = next();
        return choice < 192 ? 16 * (1 + choice % 4) : LENGTHS[choice & 0xf];
    }

    /** Any combination of ring features. */
    VirtqueueFormat format() {
        int bits = next();
        return new VirtqueueFormat(
                (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0);
    }

    /** A small queue size that the format allows. */
    int size(VirtqueueFormat format) {
        return format.packed() ? 1 + below(9) : 1 << below(4);
    }
}
