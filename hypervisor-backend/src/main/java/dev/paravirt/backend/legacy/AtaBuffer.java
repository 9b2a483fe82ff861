// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Ata;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The sectors of one DRQ block, which the host moves through the data register. */
final class AtaBuffer {
    /** The most sectors of a block. */
    static final int MAX_SECTORS = 16;

    private static final int WORD = 2;

    private final MemorySegment memory = Arena.ofAuto().allocate((long) MAX_SECTORS * Ata.SECTOR, 4096);
    private int position;
    private int limit;

    MemorySegment memory() {
        return memory;
    }

    /** A new block begins. */
    void start(int sectors) {
        position = 0;
        limit = sectors * Ata.SECTOR;
    }

    boolean isFinished() {
        return position == limit;
    }

    int left() {
        return limit - position;
    }

    int sectors() {
        return limit / Ata.SECTOR;
    }

    /** Only while not finished. */
    int readWord() {
        int word = memory.get(TrappedDevice.LE16, position) & 0xffff;
        position += WORD;
        return word;
    }

    /** Only while not finished. */
    void writeWord(int word) {
        memory.set(TrappedDevice.LE16, position, (short) word);
        position += WORD;
    }

    /** Moves at most what is left, an even number of bytes. */
    void read(MemorySegment destination, long offset, int bytes) {
        MemorySegment.copy(memory, position, destination, offset, bytes);
        position += bytes;
    }

    /** Moves at most what is left, an even number of bytes. */
    void write(MemorySegment source, long offset, int bytes) {
        MemorySegment.copy(source, offset, memory, position, bytes);
        position += bytes;
    }
}
