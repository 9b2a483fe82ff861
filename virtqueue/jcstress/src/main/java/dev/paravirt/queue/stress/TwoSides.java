// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.stress;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A queue that has made one round trip, so that nothing in memory is as it was at first, and of which neither side wants
 * to be notified. Two more buffers fit into it.
 */
class TwoSides {
    static final VirtqueueFormat SPLIT = new VirtqueueFormat(false, false, false, false, false);
    static final VirtqueueFormat SPLIT_EVENT_INDEX = new VirtqueueFormat(false, false, true, false, false);
    static final VirtqueueFormat PACKED = new VirtqueueFormat(true, false, false, false, false);
    static final VirtqueueFormat PACKED_EVENT_INDEX = new VirtqueueFormat(true, false, true, false, false);

    private static final int SIZE = 2;
    private static final int BUFFER_BYTES = 64;

    /** jcstress makes some ten thousand of these at a time; each gets a part of its own of memory that is never freed. */
    private static final int PARTS = 1 << 15;

    private static final int PART_BYTES = 512;
    private static final MemoryRegion ALL = new MemoryRegion(0, Arena.global().allocate((long) PARTS * PART_BYTES, 64));
    private static final GuestMemory MEMORY = new GuestMemory(ALL);
    private static final AtomicInteger NEXT = new AtomicInteger();

    final DriverVirtqueue driver;
    final DeviceVirtqueue device;
    final DmaBuffer first;
    final DmaBuffer second;

    private @Nullable DescriptorChain firstGiven;
    private @Nullable DescriptorChain secondGiven;

    /** @param given whether two buffers are with the device, for it to write */
    TwoSides(VirtqueueFormat format, boolean given) {
        DmaBuffer memory = new DmaBuffer(ALL, (long) (NEXT.getAndIncrement() & (PARTS - 1)) * PART_BYTES, PART_BYTES);
        first = memory.slice(PART_BYTES - 2 * BUFFER_BYTES, BUFFER_BYTES);
        second = memory.slice(PART_BYTES - BUFFER_BYTES, BUFFER_BYTES);
        first.putInt(0, 0);
        second.putInt(0, 0);
        driver = DriverVirtqueue.create(0, SIZE, format, memory.slice(0, PART_BYTES - 2 * BUFFER_BYTES), 0);
        device = DeviceVirtqueue.create(
                MEMORY, SIZE, format, driver.descriptorArea(), driver.driverArea(), driver.deviceArea());
        driver.addReadable(first.address(), 1, 0);
        driver.publish();
        DescriptorChain chain = device.poll();
        if (chain != null) {
            device.push(chain, 0);
        }
        device.publish();
        driver.poll();
        driver.disableUsedNotifications();
        device.disableAvailableNotifications();
        if (given) {
            driver.addWritable(first.address(), 4, 0);
            driver.addWritable(second.address(), 4, 1);
            driver.publish();
            firstGiven = device.poll();
            secondGiven = device.poll();
        }
    }

    /** The driver makes two buffers with numbers in them available at once. */
    final void makeAvailable() {
        first.putInt(0, 42);
        second.putInt(0, 43);
        driver.addReadable(first.address(), 4, 0);
        driver.addReadable(second.address(), 4, 1);
        driver.publish();
    }

    /** What the device reads in the next buffer, or -1. */
    final int observeAvailable() {
        DescriptorChain chain = device.poll();
        return chain == null ? -1 : chain.readInt(0);
    }

    /** The device uses both at once, with numbers in them. */
    final void use() {
        answer(firstGiven, 42);
        answer(secondGiven, 43);
        device.publish();
    }

    private void answer(@Nullable DescriptorChain chain, int number) {
        if (chain == null) {
            throw new IllegalStateException("what was published is not there");
        }
        chain.writeByte(0, number);
        device.push(chain, 4);
    }

    /** What the driver reads in the next used buffer, or -1. */
    final int observeUsed() {
        int token = driver.poll();
        return token == DriverVirtqueue.NONE ? -1 : (token == 0 ? first : second).getInt(0);
    }

    final boolean publishAvailable() {
        driver.addReadable(first.address(), 4, 0);
        return driver.publish();
    }

    final boolean publishUsed() {
        answer(firstGiven, 42);
        return device.publish();
    }
}
