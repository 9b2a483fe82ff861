// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Little-endian words in memory that another process reads and writes at the same time. Each access is bounds-checked,
 * and the method's name states its ordering. Offsets are bytes, aligned to the size of the word.
 */
public final class SharedWords {
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;

    /** Wraps mapped memory, which ends with its own arena. */
    public SharedWords(MemorySegment memory) {
        this.memory = memory;
    }

    /** Returns the size in bytes. */
    public long byteSize() {
        return memory.byteSize();
    }

    /** Reads once, in no order with other accesses. */
    public int getInt(long offset) {
        return (int) INT.getOpaque(memory, offset);
    }

    /** Reads; what the writer did before its release is visible after this. */
    public int getIntAcquire(long offset) {
        return (int) INT.getAcquire(memory, offset);
    }

    /** Writes, in no order with other accesses. */
    public void putInt(long offset, int value) {
        INT.setOpaque(memory, offset, value);
    }

    /** Writes after everything before it. */
    public void putIntRelease(long offset, int value) {
        INT.setRelease(memory, offset, value);
    }

    /** Swaps, a full fence; pairs with {@link #orInt}. */
    public int getAndSetInt(long offset, int value) {
        return (int) INT.getAndSet(memory, offset, value);
    }

    /** Sets bits atomically, a full fence, and returns the value before. */
    public int orInt(long offset, int bits) {
        return (int) INT.getAndBitwiseOr(memory, offset, bits);
    }

    /** Reads once, in no order with other accesses. */
    public long getLong(long offset) {
        return (long) LONG.getOpaque(memory, offset);
    }

    /** Writes, in no order with other accesses. */
    public void putLong(long offset, long value) {
        LONG.setOpaque(memory, offset, value);
    }

    /** Orders every access before it, stores included, before every access after it. */
    public static void fullFence() {
        VarHandle.fullFence();
    }
}
