// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.QueueSetup;
import dev.paravirt.spec.ring.PackedLayout;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine behind the carrier for guests in processes of their own; integration-tests has them in real ones. */
@Timeout(60)
class SharedMachineTest {
    private static final FeatureBits FEATURES =
            FeatureBits.of(Features.VERSION_1, Features.EVENT_IDX, Features.RING_PACKED);
    private static final int UP = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;
    private static final int RUNNING = UP | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;
    private static final GuestShape SHAPE = GuestShape.of(1 << 20, 3, 2);

    @TempDir
    private Path directory;

    private final List<TestDevice> made = new CopyOnWriteArrayList<>();
    private final List<HypercallMachine> machines = new CopyOnWriteArrayList<>();

    private GuestMachine machine(SharedGuest guest) throws IOException {
        List<TestDevice> devices = List.of(new TestDevice(8, 8), new TestDevice(16));
        made.addAll(devices);
        HypercallMachine machine = HypercallMachine.serving(guest, devices, MachineOptions.DEFAULT);
        machines.add(machine);
        return machine;
    }

    private GuestServer server() throws IOException {
        return GuestServer.listen(directory.resolve("socket"), SHAPE, this::machine);
    }

    /** A queue of a guest that has nothing but the shared memory and the doorbells. */
    private static final class Driver {
        private final RawGuest guest;
        private final MemoryRegion region;
        private final DriverVirtqueue queue;
        private final Eventfd doorbell;
        private final DmaBuffer request;
        private final DmaBuffer answer;

        Driver(RawGuest guest, int device) throws IOException {
            this.guest = guest;
            this.region = new MemoryRegion(0, guest.region(0));
            VirtqueueFormat format = VirtqueueFormat.of(FEATURES);
            DmaBuffer rings = new DmaBuffer(region, 4096, DriverVirtqueue.memorySize(8, format, 0));
            this.queue = DriverVirtqueue.create(0, 8, format, rings, 0);
            this.request = new DmaBuffer(region, 65536, 8);
            this.answer = new DmaBuffer(region, 65600, 8);
            assertThat(guest.call(Hypercall.SET_STATUS, device, UP)).isEqualTo(UP);
            assertThat(guest.call(Hypercall.NEGOTIATE, device, FEATURES.low(), 0))
                    .isPositive();
            region.putShort(QueueSetup.QUEUE, (short) 0);
            region.putShort(QueueSetup.QUEUE_SIZE, (short) 8);
            region.putInt(QueueSetup.LINE, 1);
            region.putLong(QueueSetup.DESCRIPTOR_AREA, queue.descriptorArea());
            region.putLong(QueueSetup.DRIVER_AREA, queue.driverArea());
            region.putLong(QueueSetup.DEVICE_AREA, queue.deviceArea());
            this.doorbell = guest.doorbell((int) guest.call(Hypercall.QUEUE_SETUP, device, 0));
            assertThat(guest.call(Hypercall.CONFIG_LINE, device, 0)).isZero();
            assertThat(guest.call(Hypercall.SET_STATUS, device, RUNNING)).isEqualTo(RUNNING);
        }

        void send(long value) throws IOException {
            request.putLong(0, value);
            assertThat(queue.add(new BufferChain(2).addReadable(request).addWritable(answer), 1))
                    .isTrue();
            if (queue.publish()) {
                doorbell.signal();
            }
        }

        /** In the first lap of the ring, wherever the device is. */
        void makeAnEmptyDescriptorAvailable() {
            for (int descriptor = 0; descriptor < queue.size(); descriptor++) {
                long at = queue.descriptorArea() + PackedLayout.descriptor(descriptor);
                region.fill(at, PackedLayout.DESCRIPTOR_SIZE, (byte) 0);
                region.putShort(at + PackedLayout.DESCRIPTOR_FLAGS, (short) PackedLayout.availableFlags(true));
            }
        }

        void roundTrip(long value) throws IOException {
            send(value);
            while (queue.enableUsedNotifications()) {
                assertThat(guest.awaitReasons(1)).isEqualTo(InterruptStatus.USED_BUFFER);
            }
            assertThat(queue.poll()).isEqualTo(1);
            assertThat(answer.getLong(0)).isEqualTo(value);
        }
    }

    @Test
    void servesOneGuestAfterAnother() throws Exception {
        try (GuestServer server = server()) {
            for (int round = 0; round < 3; round++) {
                try (RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
                    assertThat(guest.call(Hypercall.DEVICE_COUNT)).isEqualTo(2);
                    assertThat(guest.call(Hypercall.LINE_COUNT)).isEqualTo(2);
                    assertThat(guest.call(Hypercall.WAIT, 0, 0)).isEqualTo(HypercallError.NOT_SUPPORTED);
                    Driver driver = new Driver(guest, 1);
                    for (int i = 0; i < 500; i++) {
                        driver.roundTrip(i);
                    }
                    assertThat(machines.getLast().session(1).counters(0).requests())
                            .isEqualTo(500);
                }
                TestDevice last = made.getLast();
                TestDriver.await("the end of the guest's devices", () -> last.closes.get() == 1);
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
        assertThat(made)
                .hasSize(6)
                .allSatisfy(device -> assertThat(device.closes).hasValue(1));
    }

    @Test
    void interruptsForConfigurationChangesAndFailures() throws Exception {
        try (GuestServer server = server();
                RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
            Driver driver = new Driver(guest, 0);
            driver.roundTrip(1);
            made.getFirst().host().changeConfiguration(() -> {});
            assertThat(guest.awaitReasons(0)).isEqualTo(InterruptStatus.CONFIGURATION_CHANGE);
            driver.makeAnEmptyDescriptorAvailable();
            driver.doorbell.signal();
            assertThat(guest.awaitReasons(0)).isEqualTo(InterruptStatus.CONFIGURATION_CHANGE);
            assertThat(guest.call(Hypercall.GET_STATUS, 0)).isEqualTo(RUNNING | DeviceStatus.DEVICE_NEEDS_RESET);
            new Driver(guest, 1).roundTrip(2);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    /** What a guest does with the doorbells that it shares keeps nobody else from anything. */
    @Test
    void aFloodOfSignalsIsJustNoise() throws Exception {
        try (GuestServer server = server()) {
            try (RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
                Driver driver = new Driver(guest, 1);
                for (int i = 0; i < 20_000; i++) {
                    guest.doorbell(i % 3).signal();
                }
                driver.roundTrip(1);
            }
            try (RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
                new Driver(guest, 0).roundTrip(2);
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void memoryOutlivesTheIoOfAGuestThatIsGone() throws Exception {
        try (GuestServer server = server()) {
            TestDevice device;
            try (RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
                Driver driver = new Driver(guest, 0);
                device = made.getFirst();
                device.hold();
                driver.send(1);
                TestDriver.await("a request", () -> device.held.size() == 1);
            }
            assertThat(device.closes).hasValue(0);
            device.held.getFirst().chain().writeByte(0, 1);
            device.held.getFirst().finish();
            TestDriver.await("the end", () -> device.closes.get() == 1);
            try (RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
                new Driver(guest, 0).roundTrip(2);
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void turnsAGuestAwayWhoseDevicesHaveMoreQueuesThanItHasDoorbells() throws Exception {
        GuestMachine.Factory factory = guest -> {
            TestDevice wide = new TestDevice(8, 8, 8, 8);
            made.add(wide);
            return HypercallMachine.serving(guest, List.of(wide), MachineOptions.DEFAULT);
        };
        Path path = directory.resolve("socket");
        try (GuestServer server = GuestServer.listen(path, SHAPE, factory)) {
            assertThat(RawGuest.greetedOrTurnedAway(UnixSocket.connect(path))).isNull();
            assertThat(made.getFirst().closes).hasValue(1);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
        assertThat(HypercallMachine.doorbells(made)).isEqualTo(4);
    }

    @Test
    void usesNoProcessorWhileTheGuestDoesNothing() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (GuestServer server = server();
                RawGuest guest = RawGuest.connect(directory.resolve("socket"))) {
            new Driver(guest, 0).roundTrip(1);
            long worker = machines.getFirst().session(0).worker(0).thread().threadId();
            // A while, for it to fall asleep and for whatever wrongly goes on to show.
            new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
            long before = threads.getThreadCpuTime(worker);
            new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS);
            assertThat(threads.getThreadCpuTime(worker) - before)
                    .as("nanoseconds of processor time in half a second")
                    .isLessThan(1_000_000);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }
}
