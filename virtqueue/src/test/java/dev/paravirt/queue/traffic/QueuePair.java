// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Both sides of one queue in one process, and guest memory for its buffers. */
public final class QueuePair implements AutoCloseable {
    /** Where buffers start. */
    public static final long BUFFERS = 0x4_0000_0000L;

    private static final long RINGS = 0x1000;
    private static final int INDEX = 3;

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory;
    private final VirtqueueFormat format;
    private final DriverVirtqueue driver;
    private final DeviceVirtqueue device;
    private final DmaBuffer buffers;
    private final DmaBuffer rings;

    /** @param bufferBytes of memory for buffers, which is split between two regions that touch */
    public QueuePair(VirtqueueFormat format, int size, int indirectCapacity, int bufferBytes) {
        this.format = format;
        MemoryRegion ringRegion = region(RINGS, DriverVirtqueue.memorySize(size, format, indirectCapacity));
        MemoryRegion bufferRegion = region(BUFFERS, bufferBytes);
        MemoryRegion unused = region(BUFFERS - 0x1000, 0x1000);
        memory = new GuestMemory(unused, bufferRegion, ringRegion);
        buffers = new DmaBuffer(bufferRegion, 0, bufferBytes);
        rings = new DmaBuffer(ringRegion, 0, Math.toIntExact(ringRegion.size()));
        driver = DriverVirtqueue.create(INDEX, size, format, rings, indirectCapacity);
        device = openDevice();
    }

    private MemoryRegion region(long address, long bytes) {
        MemorySegment segment = arena.allocate(bytes, 64);
        return new MemoryRegion(address, segment);
    }

    /** A device that starts on the queue from its beginning. */
    public DeviceVirtqueue openDevice() {
        return DeviceVirtqueue.create(
                memory, driver.size(), format, driver.descriptorArea(), driver.driverArea(), driver.deviceArea());
    }

    public DriverVirtqueue driver() {
        return driver;
    }

    public DeviceVirtqueue device() {
        return device;
    }

    public VirtqueueFormat format() {
        return format;
    }

    public GuestMemory memory() {
        return memory;
    }

    /** Memory for buffers. */
    public DmaBuffer buffers() {
        return buffers;
    }

    /** The memory that the rings lie in. */
    public DmaBuffer rings() {
        return rings;
    }

    @Override
    public void close() {
        arena.close();
    }

    /** All combinations of ring features but notification data, which every other one of them has. */
    public static List<VirtqueueFormat> mainFormats() {
        return formats().stream()
                .filter(format -> format.notificationData() == (format.eventIndex() ^ format.inOrder()))
                .toList();
    }

    /** All combinations of ring features. */
    public static List<VirtqueueFormat> formats() {
        List<VirtqueueFormat> formats = new ArrayList<>();
        for (int bits = 0; bits < 32; bits++) {
            formats.add(new VirtqueueFormat(
                    (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0));
        }
        return formats;
    }
}
