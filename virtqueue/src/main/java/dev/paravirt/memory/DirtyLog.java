// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A bitmap with one bit for each page of 4096 bytes of guest-physical memory, which a device sets after it wrote there: so
 * the monitor of a guest that migrates knows what to copy again. Others set and clear bits at the same time. For any
 * thread.
 */
public final class DirtyLog {
    private static final int PAGE_SHIFT = 12;
    private static final int BITS = Integer.SIZE;
    private static final VarHandle WORD =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();

    private final MemorySegment bitmap;
    private final long pages;

    /** @param bitmap native memory, aligned to 4 bytes; a page beyond its end is not noted */
    public DirtyLog(MemorySegment bitmap) {
        this.bitmap = bitmap;
        this.pages = bitmap.byteSize() / Integer.BYTES * BITS;
    }

    /**
     * Notes that a range was written. What was written before is visible to whoever takes the bits afterwards.
     *
     * @param address guest-physical
     * @param length bytes; 0 marks nothing
     */
    public void mark(long address, long length) {
        if (length <= 0) {
            return;
        }
        long last = Math.min((address + length - 1) >>> PAGE_SHIFT, pages - 1);
        for (long page = address >>> PAGE_SHIFT; page <= last; page++) {
            int bit = 1 << page % BITS;
            int before = (int) WORD.getAndBitwiseOr(bitmap, page / BITS * Integer.BYTES, bit);
            assert (before | bit) != 0;
        }
    }
}
