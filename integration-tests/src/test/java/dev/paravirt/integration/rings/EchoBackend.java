// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A device of no type that the specification knows, which answers whatever traffic its queues carry. Its configuration
 * space says, for each queue, how much was served and with which checksums.
 */
final class EchoBackend implements VirtioDevice {
    static final int DEVICE_TYPE = 0xec40;
    static final int MAX_QUEUE_SIZE = 256;

    // Of each queue in the configuration space, le64 each.
    static final int REQUESTS = 0;
    static final int READ_SUM = 8;
    static final int FREE_WRITTEN_SUM = 16;
    static final int CONFIG_SIZE_PER_QUEUE = 24;

    private final List<EchoQueue> queues =
            RingLoad.ALL.stream().map(load -> new EchoQueue(load.slotBytes())).toList();

    @Override
    public int deviceType() {
        return DEVICE_TYPE;
    }

    @Override
    public FeatureBits features() {
        return FeatureBits.NONE;
    }

    @Override
    public int queueCount() {
        return queues.size();
    }

    @Override
    public int maxQueueSize(int queue) {
        return MAX_QUEUE_SIZE;
    }

    @Override
    public int configSize() {
        return queues.size() * CONFIG_SIZE_PER_QUEUE;
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        ByteBuffer config = ByteBuffer.allocate(configSize()).order(ByteOrder.LITTLE_ENDIAN);
        for (EchoQueue queue : queues) {
            queue.describe(config);
        }
        config.get(offset, destination, start, length);
    }

    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {
        // Nothing in it is the driver's to write.
    }

    @Override
    public void negotiated(FeatureBits driverFeatures) {
        // How rings work does not concern the device.
    }

    @Override
    public void attach(DeviceHost host) {
        // It has nothing to say on its own.
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        queues.get(queue).process(chain, context);
    }

    @Override
    public void reset() {
        queues.forEach(EchoQueue::reset);
    }

    @Override
    public void close() {
        queues.forEach(EchoQueue::close);
    }
}
