// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A device, its driver's memory and real virtqueues between the two, without session and workers: the test's thread is
 * driver and worker in one, so that the test says in which order things happen. It allocates nothing per request.
 */
final class RingHarness implements AutoCloseable {
    static final int QUEUE_SIZE = 64;
    private static final long BASE = 0x1_0000;
    private static final long PATIENCE_SECONDS = 30;

    final VirtioDevice device;
    private final Arena arena = Arena.ofShared();
    private final MemoryRegion region;
    private final Queue[] queues;
    private long allocated;
    int configurationChanges;

    RingHarness(VirtioDevice device, VirtqueueFormat format, FeatureBits features, int memorySize) {
        this.device = device;
        this.region = new MemoryRegion(BASE, arena.allocate(memorySize, 4096));
        GuestMemory memory = new GuestMemory(region);
        device.attach(new Host());
        assertThat(device.accepts(features)).isTrue();
        device.negotiated(features);
        queues = new Queue[device.queueCount()];
        for (int index = 0; index < queues.length; index++) {
            queues[index] = new Queue(memory, index, format);
        }
    }

    private final class Host implements DeviceHost {
        @Override
        public void changeConfiguration(Runnable change) {
            change.run();
            configurationChanges++;
        }

        @Override
        public void needsReset(String reason) {
            throw new AssertionError(reason);
        }
    }

    private final class Queue implements QueueContext {
        final DriverVirtqueue driver;
        final DeviceVirtqueue ring;
        final boolean[] used = new boolean[QUEUE_SIZE];
        final long[] usedLength = new long[QUEUE_SIZE];
        private final DescriptorChain[] completed = new DescriptorChain[QUEUE_SIZE];
        private final long[] completedLength = new long[QUEUE_SIZE];
        private int completedCount;

        Queue(GuestMemory memory, int index, VirtqueueFormat format) {
            int indirect = format.indirect() ? QUEUE_SIZE : 0;
            DmaBuffer area = allocate(DriverVirtqueue.memorySize(QUEUE_SIZE, format, indirect));
            driver = DriverVirtqueue.create(index, QUEUE_SIZE, format, area, indirect);
            ring = DeviceVirtqueue.create(
                    memory, QUEUE_SIZE, format, driver.descriptorArea(), driver.driverArea(), driver.deviceArea());
        }

        @Override
        public int queue() {
            return driver.index();
        }

        @Override
        public void push(DescriptorChain chain, long written) {
            ring.push(chain, written);
        }

        @Override
        public synchronized void complete(DescriptorChain chain, long written) {
            completed[completedCount] = chain;
            completedLength[completedCount++] = written;
            notifyAll();
        }

        @Override
        public @Nullable DescriptorChain take() {
            return ring.poll();
        }

        /** The test serves the queue when it wants to. */
        @Override
        public void wake() {}

        void serve() {
            synchronized (this) {
                while (completedCount > 0) {
                    completedCount--;
                    ring.push(completed[completedCount], completedLength[completedCount]);
                }
            }
            for (DescriptorChain chain = ring.poll(); chain != null; chain = ring.poll()) {
                device.process(driver.index(), chain, this);
            }
            ring.publish();
            for (int token = driver.poll(); token >= 0; token = driver.poll()) {
                if (used[token]) {
                    throw new AssertionError("token " + token + " was used twice");
                }
                used[token] = true;
                usedLength[token] = driver.usedLength();
            }
        }

        synchronized void awaitCompletion() throws InterruptedException {
            long start = System.nanoTime();
            while (completedCount == 0) {
                long waited = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                if (waited >= PATIENCE_SECONDS) {
                    throw new AssertionError("no request completed within " + waited + " s");
                }
                wait(TimeUnit.SECONDS.toMillis(1));
            }
        }
    }

    /** Memory of the guest, aligned to 64 bytes. */
    DmaBuffer allocate(int bytes) {
        long at = allocated;
        allocated += (bytes + 63) & -64;
        return new DmaBuffer(region, at, bytes);
    }

    MemoryRegion memory() {
        return region;
    }

    /** Makes a chain available; the device does not see it before {@link #serve}. */
    void submit(int queue, BufferChain chain, int token) {
        queues[queue].used[token] = false;
        if (!queues[queue].driver.add(chain, token)) {
            throw new AssertionError("the ring is full");
        }
        queues[queue].driver.publish();
    }

    /** Passes completions and new requests on; waits for nothing. */
    void serve(int queue) {
        queues[queue].serve();
    }

    boolean isUsed(int queue, int token) {
        return queues[queue].used[token];
    }

    int outstanding(int queue) {
        return queues[queue].ring.outstanding();
    }

    /** Serves the queue until a request is used; returns how many bytes the device says that it wrote. */
    long await(int queue, int token) {
        serve(queue);
        while (!queues[queue].used[token]) {
            try {
                queues[queue].awaitCompletion();
            } catch (InterruptedException stopped) {
                throw new AssertionError(stopped);
            }
            serve(queue);
        }
        return queues[queue].usedLength[token];
    }

    @Override
    public void close() {
        device.reset();
        device.close();
        arena.close();
    }
}
