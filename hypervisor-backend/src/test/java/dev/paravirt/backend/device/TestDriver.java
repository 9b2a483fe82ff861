// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A driver that talks to a session without any transport, and knows just enough to be served. */
public final class TestDriver {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int MESSAGE = 8;
    private static final int UP = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;

    private final DeviceSession session;
    private final TestMemory memory;
    private final FeatureBits features;
    private final VirtqueueFormat format;

    public TestDriver(DeviceSession session, TestMemory memory, FeatureBits features) {
        this.session = session;
        this.memory = memory;
        this.features = features;
        this.format = VirtqueueFormat.of(features);
    }

    /** From reset to FEATURES_OK. */
    public TestDriver negotiate() {
        assertThat(session.setStatus(DeviceStatus.ACKNOWLEDGE)).isEqualTo(Outcome.DONE);
        assertThat(session.setStatus(UP)).isEqualTo(Outcome.DONE);
        assertThat(session.negotiate(features)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isEqualTo(UP | DeviceStatus.FEATURES_OK);
        return this;
    }

    public TestDriver driverOk() {
        assertThat(session.setStatus(UP | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK))
                .isEqualTo(Outcome.DONE);
        return this;
    }

    public Queue setUp(int queue, int size) {
        Queue made = new Queue(queue, size);
        made.enable();
        return made;
    }

    /** Waits for something that another thread does. */
    public static void await(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as(what).isLessThan(PATIENCE_NANOS);
            Thread.onSpinWait();
        }
    }

    /** One queue of it, for echoes of 8 bytes. */
    public final class Queue {
        public final DriverVirtqueue ring;
        private final int index;
        private final DmaBuffer request = memory.allocate(MESSAGE);
        private final DmaBuffer answer = memory.allocate(MESSAGE);
        private final BufferChain chain =
                new BufferChain(2).addReadable(request).addWritable(answer);

        private Queue(int index, int size) {
            this.index = index;
            DmaBuffer rings = memory.allocate(DriverVirtqueue.memorySize(size, format, 0));
            ring = DriverVirtqueue.create(index, size, format, rings, 0);
        }

        public void enable() {
            assertThat(session.setUpQueue(
                            index, ring.size(), ring.descriptorArea(), ring.driverArea(), ring.deviceArea()))
                    .isEqualTo(Outcome.DONE);
        }

        /** Makes a request available, and notifies if that is due. */
        public void send(int token) {
            assertThat(ring.add(chain, token)).isTrue();
            if (ring.publish()) {
                session.notifyQueue(index);
            }
        }

        /** A request and its answer, polled for. */
        public void roundTrip(long value) {
            request.putLong(0, value);
            answer.putLong(0, 0);
            send(1);
            awaitUsed(1);
            assertThat(ring.usedLength()).isEqualTo(MESSAGE);
            assertThat(answer.getLong(0)).isEqualTo(value);
        }

        public void awaitUsed(int token) {
            int[] used = {DriverVirtqueue.NONE};
            await("used buffer " + token, () -> {
                used[0] = ring.poll();
                return used[0] != DriverVirtqueue.NONE;
            });
            assertThat(used[0]).isEqualTo(token);
        }
    }
}
