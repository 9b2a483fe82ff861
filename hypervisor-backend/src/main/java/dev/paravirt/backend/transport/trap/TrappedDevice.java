// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A device as its registers. A guest may read and write what it likes, in any state: each method returns, soon, and throws
 * nothing. Accesses come from one thread at a time; what else reaches the device comes from others.
 */
public interface TrappedDevice extends AutoCloseable {
    /** What to call it where exits are counted. */
    String name();

    /**
     * The data sheet's name of a register.
     *
     * @param write whether it is written: where that is another register, it has another name
     */
    String registerName(int register, boolean write);

    /**
     * The guest reads.
     *
     * @param register offset in bytes from the device's first register
     * @param width 1, 2 or 4 bytes
     * @return the value, zero-extended
     */
    int read(int register, int width);

    /** The guest writes; bits of the value beyond the width are to be ignored. */
    void write(int register, int width, int value);

    /**
     * The guest reads one register many times over, into memory.
     *
     * @param count values of {@code width} bytes; {@code memory} has room for them from {@code offset} on
     */
    default void readString(int register, int width, int count, MemorySegment memory, long offset) {
        long at = offset;
        for (int i = 0; i < count; i++) {
            int value = read(register, width);
            for (int b = 0; b < width; b++) {
                memory.set(ValueLayout.JAVA_BYTE, at++, (byte) (value >> 8 * b));
            }
        }
    }

    /** The guest writes one register many times over, from memory. */
    default void writeString(int register, int width, int count, MemorySegment memory, long offset) {
        long at = offset;
        for (int i = 0; i < count; i++) {
            int value = switch (width) {
                case 1 -> memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
                case 2 -> memory.get(LE16, at) & 0xffff;
                default -> memory.get(LE32, at);
            };
            write(register, width, value);
            at += width;
        }
    }

    /** The machine has ended: nothing is read or written any more. */
    @Override
    void close();

    /** Unaligned, as memory of a guest is. */
    ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Unaligned, as memory of a guest is. */
    ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
}
