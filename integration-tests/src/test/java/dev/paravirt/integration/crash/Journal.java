// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.crash;

import dev.paravirt.memory.DmaBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * Numbered writes, each to a block that follows from its number, so that a reader who knows how many there were knows
 * what every block must hold at least. A block says in each of its words which write it is from.
 */
final class Journal {
    static final int BLOCK_SIZE = 4096;
    static final int BLOCKS = 509;
    static final int SECTORS_PER_BLOCK = BLOCK_SIZE / 512;

    /** Prime to the number of blocks: writes visit all of them, in an order that jumps. */
    private static final int STRIDE = 211;

    private Journal() {}

    static int block(long write) {
        return (int) (write * STRIDE % BLOCKS);
    }

    static void fill(DmaBuffer buffer, int at, long write) {
        for (int offset = 0; offset < BLOCK_SIZE; offset += Long.BYTES) {
            buffer.putLong(at + offset, word(write, offset));
        }
    }

    private static long word(long write, int offset) {
        return offset == 0 ? write : (write ^ 0x9e3779b97f4a7c15L) * (offset + 1);
    }

    /** The number of the write that a block holds whole, 0 if it was never written. */
    static long read(FileChannel image, int block) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining() && image.read(bytes, (long) block * BLOCK_SIZE + bytes.position()) >= 0) {
            // Goes on until the block is there.
        }
        long write = bytes.getLong(0);
        for (int offset = Long.BYTES; offset < BLOCK_SIZE; offset += Long.BYTES) {
            long expected = write == 0 ? 0 : word(write, offset);
            if (bytes.getLong(offset) != expected) {
                throw new AssertionError("block " + block + " is torn at byte " + offset + " of write " + write);
            }
        }
        return write;
    }
}
