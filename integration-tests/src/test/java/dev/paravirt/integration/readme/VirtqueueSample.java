// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.readme;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.lang.foreign.Arena;

/** The sample of virtqueue/README.md. */
final class VirtqueueSample {
    private VirtqueueSample() {}

    static int run() {
        int answer;
        // [readme
        try (Arena arena = Arena.ofShared()) {
            MemoryRegion region = new MemoryRegion(0, arena.allocate(1 << 20, 4096));
            GuestMemory memory = new GuestMemory(region);
            VirtqueueFormat format =
                    VirtqueueFormat.of(FeatureBits.of(Features.VERSION_1, Features.RING_PACKED, Features.EVENT_IDX));

            DmaBuffer ring = new DmaBuffer(region, 0, DriverVirtqueue.memorySize(256, format, 0));
            DriverVirtqueue driver = DriverVirtqueue.create(0, 256, format, ring, 0);
            DeviceVirtqueue device = DeviceVirtqueue.create(
                    memory, 256, format, driver.descriptorArea(), driver.driverArea(), driver.deviceArea());

            DmaBuffer question = new DmaBuffer(region, 0x10000, 4);
            DmaBuffer reply = new DmaBuffer(region, 0x10010, 1);
            question.putInt(0, 41);
            BufferChain chain = new BufferChain(2).addReadable(question).addWritable(reply);
            boolean fits = driver.add(chain, 7);
            boolean notifyDevice = driver.publish();

            DescriptorChain request = device.poll();
            if (request != null) {
                request.writeByte(0, request.readInt(0) + 1);
                device.push(request, 1);
            }
            boolean interruptDriver = device.publish();

            int token = driver.poll(); // 7
            answer = reply.getByte(0); // 42
            // readme]
            if (!fits || !notifyDevice || !interruptDriver || token != 7) {
                throw new AssertionError("fits " + fits + ", notifies " + notifyDevice + ", interrupts "
                        + interruptDriver + ", token " + token);
            }
        }
        return answer;
    }
}
