// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.QueueSize;
import dev.paravirt.spec.ring.SplitLayout;

/** Where a driver puts the parts of a queue in one piece of memory: the ring, then a table for each descriptor. */
final class DriverMemory {
    private static final int ALIGNMENT = 64;
    static final int DESCRIPTOR_SIZE = SplitLayout.DESCRIPTOR_SIZE;

    final MemoryRegion region;
    final long ring;
    final int ringSize;
    final int indirectCapacity;

    DriverMemory(int size, VirtqueueFormat format, DmaBuffer memory, int indirectCapacity) {
        int needed = size(size, format, indirectCapacity);
        if (memory.size() < needed || memory.address() % ALIGNMENT != 0) {
            throw new IllegalArgumentException("a queue of this shape needs " + needed + " bytes, aligned to "
                    + ALIGNMENT + "; there are " + memory.size() + " at 0x" + Long.toHexString(memory.address()));
        }
        this.region = memory.region();
        this.ring = memory.offset();
        this.ringSize = ringSize(size, format);
        this.indirectCapacity = indirectCapacity;
    }

    static int size(int size, VirtqueueFormat format, int indirectCapacity) {
        boolean valid = format.packed() ? QueueSize.isValidPacked(size) : QueueSize.isValidSplit(size);
        if (!valid) {
            throw new IllegalArgumentException(
                    "no size for a " + (format.packed() ? "packed" : "split") + " queue: " + size);
        }
        if (indirectCapacity < 0 || indirectCapacity > size || (indirectCapacity > 0 && !format.indirect())) {
            throw new IllegalArgumentException("indirect tables of " + indirectCapacity + " descriptors for a queue of "
                    + size + (format.indirect() ? "" : ", without INDIRECT_DESC"));
        }
        return Math.addExact(ringSize(size, format), Math.multiplyExact(size * DESCRIPTOR_SIZE, indirectCapacity));
    }

    private static int ringSize(int size, VirtqueueFormat format) {
        int bytes = format.packed() ? PackedLayout.totalSize(size) : SplitLayout.totalSize(size);
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Offset in the region of the indirect table that goes with a descriptor or buffer id. */
    long table(int id) {
        return ring + ringSize + (long) id * indirectCapacity * DESCRIPTOR_SIZE;
    }

    /** Guest-physical address of an offset in the region. */
    long address(long offset) {
        return region.address() + offset;
    }
}
