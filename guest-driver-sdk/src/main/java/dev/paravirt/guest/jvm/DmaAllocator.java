// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;

/** Deals out guest memory once and for all, one region after another. Address 0 is left alone: it reads as "not set". */
final class DmaAllocator {
    private static final int MAX_ALIGNMENT = 4096;

    private final GuestMemory memory;
    private int region;
    private long next;

    DmaAllocator(GuestMemory memory) {
        this.memory = memory;
        this.next = first();
    }

    private long first() {
        return Math.max(memory.region(region).address(), 1);
    }

    synchronized DmaBuffer allocate(int bytes, int alignment) {
        if (bytes < 1 || alignment < 1 || alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) != 0) {
            throw new IllegalArgumentException(bytes + " bytes of DMA memory, aligned to " + alignment);
        }
        while (true) {
            MemoryRegion from = memory.region(region);
            long address = (next + alignment - 1) & -alignment;
            if (from.contains(address, bytes)) {
                next = address + bytes;
                DmaBuffer buffer = new DmaBuffer(from, address - from.address(), bytes);
                buffer.fill(0, bytes, (byte) 0);
                return buffer;
            }
            if (region + 1 == memory.regionCount()) {
                throw new IllegalStateException(
                        "guest memory is used up: no " + bytes + " bytes of DMA memory are left; give the guest more");
            }
            region++;
            next = first();
        }
    }
}
