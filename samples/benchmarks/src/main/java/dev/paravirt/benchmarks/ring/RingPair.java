// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import java.lang.foreign.Arena;

/** One virtqueue with both its ends, in memory mapped from a memfd as between two processes. */
final class RingPair implements AutoCloseable {
    private static final int PAGE = 4096;

    private final Arena arena = Arena.ofShared();
    private final Doorbell kick;
    private final Doorbell call;
    private final RingDriver driver;
    private final RingDevice device;

    /** @param exitNanos what a notification costs besides its system call, one way */
    RingPair(RingShape shape, long exitNanos) throws LinuxException {
        int ringBytes = DriverVirtqueue.memorySize(shape.ringSize(), shape.format(), 0);
        int bytes = (ringBytes + 2 * PAGE - 1) / PAGE * PAGE;
        MemoryRegion region;
        try (Memfd memfd = Memfd.create("ringtest", bytes)) {
            region = new MemoryRegion(0, memfd.map(0, bytes, arena));
        }
        kick = new Doorbell(exitNanos);
        call = new Doorbell(exitNanos);
        DriverVirtqueue front =
                DriverVirtqueue.create(0, shape.ringSize(), shape.format(), new DmaBuffer(region, 0, ringBytes), 0);
        DeviceVirtqueue back = DeviceVirtqueue.create(
                new GuestMemory(region),
                shape.ringSize(),
                shape.format(),
                front.descriptorArea(),
                front.driverArea(),
                front.deviceArea());
        driver = new RingDriver(front, shape, new DmaBuffer(region, bytes - PAGE, RingDriver.BUFFER_BYTES), kick, call);
        device = new RingDevice(back, shape, kick, call);
    }

    RingDriver driver() {
        return driver;
    }

    RingDevice device() {
        return device;
    }

    /** Available buffer notifications sent. */
    long kicks() {
        return kick.rings();
    }

    /** Used buffer notifications sent. */
    long calls() {
        return call.rings();
    }

    /** Once neither side runs any more. */
    @Override
    public void close() {
        kick.close();
        call.close();
        arena.close();
    }
}
