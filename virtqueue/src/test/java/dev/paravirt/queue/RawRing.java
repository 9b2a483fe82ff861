// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.SplitLayout;
import java.lang.foreign.Arena;

/** A ring of either format that a test fills word by word, as a driver could that keeps to no rules. */
final class RawRing implements AutoCloseable {
    static final int NEXT = SplitLayout.DESC_F_NEXT;
    static final int WRITE = SplitLayout.DESC_F_WRITE;
    static final int INDIRECT = SplitLayout.DESC_F_INDIRECT;
    static final int SIZE = 4;

    /** Where buffers may lie, up to the end of a second region that touches the first. */
    static final long BUFFER = Script.SECOND;

    /** Where a table may lie. */
    static final long TABLE = Script.FIRST + 0x1000;

    final VirtqueueFormat format;
    final GuestMemory memory;
    final MemoryRegion ring;
    private final Arena arena = Arena.ofShared();
    private final long driverArea;
    private final long deviceArea;

    RawRing(VirtqueueFormat format) {
        this.format = format;
        memory = Script.memory(arena);
        ring = memory.region(0);
        driverArea = format.packed()
                ? PackedLayout.driverEventSuppressionOffset(SIZE)
                : SplitLayout.availableRingOffset(SIZE);
        deviceArea =
                format.packed() ? PackedLayout.deviceEventSuppressionOffset(SIZE) : SplitLayout.usedRingOffset(SIZE);
    }

    DeviceVirtqueue device() {
        return device(0, 0, 0);
    }

    /** A device on areas that are shifted from where they should be. */
    DeviceVirtqueue device(long shiftDescriptors, long shiftDriver, long shiftDevice) {
        return DeviceVirtqueue.create(
                memory,
                SIZE,
                format,
                Script.FIRST + shiftDescriptors,
                Script.FIRST + driverArea + shiftDriver,
                Script.FIRST + deviceArea + shiftDevice);
    }

    /** A descriptor of the ring; the next of it is the one behind it. In a packed ring it is available at once. */
    RawRing descriptor(int index, long address, long length, int flags) {
        return descriptor(index, address, length, flags, index + 1);
    }

    RawRing descriptor(int index, long address, long length, int flags, int next) {
        return entry(
                Script.FIRST, index, address, length, flags | (format.packed() ? PackedLayout.DESC_F_AVAIL : 0), next);
    }

    /** A descriptor of an indirect table. */
    RawRing entry(long table, int index, long address, long length, int flags, int next) {
        long at = table - Script.FIRST + index * 16L;
        ring.putLong(at, address);
        ring.putInt(at + 8, (int) length);
        ring.putShort(at + SplitLayout.DESCRIPTOR_FLAGS, (short) (format.packed() ? index : flags));
        ring.putShort(at + SplitLayout.DESCRIPTOR_NEXT, (short) (format.packed() ? flags : next));
        return this;
    }

    /** Puts heads into the Available Ring of a split ring. */
    RawRing available(int... heads) {
        if (!format.packed()) {
            for (int head : heads) {
                int index = availableIndex();
                ring.putShort(driverArea + SplitLayout.availableEntry(index % SIZE), (short) head);
                availableIndex(index + 1);
            }
        }
        return this;
    }

    int availableIndex() {
        return ring.getShort(driverArea + SplitLayout.AVAIL_IDX) & 0xffff;
    }

    RawRing availableIndex(int index) {
        ring.putShort(driverArea + SplitLayout.AVAIL_IDX, (short) index);
        return this;
    }

    @Override
    public void close() {
        arena.close();
    }
}
