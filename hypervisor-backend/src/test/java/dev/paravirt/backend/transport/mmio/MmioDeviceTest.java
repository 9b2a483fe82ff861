// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.mmio;

import static dev.paravirt.spec.DeviceStatus.ACKNOWLEDGE;
import static dev.paravirt.spec.DeviceStatus.DEVICE_NEEDS_RESET;
import static dev.paravirt.spec.DeviceStatus.DRIVER;
import static dev.paravirt.spec.DeviceStatus.DRIVER_OK;
import static dev.paravirt.spec.DeviceStatus.FEATURES_OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MmioDeviceTest {
    private static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1, Features.RING_RESET, 0);
    private static final FeatureBits PACKED =
            SPLIT.with(Features.RING_PACKED).with(Features.EVENT_IDX).with(Features.NOTIFICATION_DATA);
    private static final int UP = ACKNOWLEDGE | DRIVER;
    private static final int READY = UP | FEATURES_OK;
    private static final int RUNNING = READY | DRIVER_OK;

    static final List<FeatureBits> FORMATS = List.of(SPLIT, PACKED);

    private final TestMemory memory = new TestMemory();
    private final TestDevice device = new TestDevice(8, 0, 16);
    private final QueueWorker worker = QueueWorker.start("worker under test");
    private final AtomicInteger raised = new AtomicInteger();
    private final MmioDevice mmio = MmioDevice.start(
            device, memory.guest(), Features.MMIO, List.of(worker), raised::incrementAndGet, Duration.ZERO);

    @AfterEach
    void end() {
        device.held.forEach(TestDevice.Held::finish);
        device.held.clear();
        mmio.close();
        worker.close();
        memory.close();
    }

    private int read(int register) {
        return mmio.read(register, 4);
    }

    private void write(int register, int value) {
        mmio.write(register, 4, value);
    }

    private void features(FeatureBits features) {
        for (int word = 0; word < FeatureBits.WORDS; word++) {
            write(MmioRegisters.DRIVER_FEATURES_SEL, word);
            write(MmioRegisters.DRIVER_FEATURES, features.word(word));
        }
    }

    private void negotiate(FeatureBits features) {
        write(MmioRegisters.STATUS, ACKNOWLEDGE);
        write(MmioRegisters.STATUS, UP);
        features(features);
        write(MmioRegisters.STATUS, READY);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY);
    }

    private void enable(int queue, int size, long descriptors, long driver, long deviceArea) {
        write(MmioRegisters.QUEUE_SEL, queue);
        write(MmioRegisters.QUEUE_SIZE, size);
        write(MmioRegisters.QUEUE_DESC_LOW, (int) descriptors);
        write(MmioRegisters.QUEUE_DESC_HIGH, (int) (descriptors >>> 32));
        write(MmioRegisters.QUEUE_DRIVER_LOW, (int) driver);
        write(MmioRegisters.QUEUE_DRIVER_HIGH, (int) (driver >>> 32));
        write(MmioRegisters.QUEUE_DEVICE_LOW, (int) deviceArea);
        write(MmioRegisters.QUEUE_DEVICE_HIGH, (int) (deviceArea >>> 32));
        write(MmioRegisters.QUEUE_READY, 1);
    }

    private DriverVirtqueue queue(int index, int size, FeatureBits features) {
        VirtqueueFormat format = VirtqueueFormat.of(features);
        return DriverVirtqueue.create(
                index, size, format, memory.allocate(DriverVirtqueue.memorySize(size, format, 0)), 0);
    }

    private void enable(DriverVirtqueue queue) {
        enable(queue.index(), queue.size(), queue.descriptorArea(), queue.driverArea(), queue.deviceArea());
        assertThat(read(MmioRegisters.QUEUE_READY)).isEqualTo(1);
    }

    // Registers.

    @ParameterizedTest
    @CsvSource({
        "0x000, 0x74726976",
        "0x004, 2",
        "0x008, 4000",
        "0x034, 8",
        "0x044, 0",
        "0x060, 0",
        "0x070, 0",
        "0x0b0, -1",
        "0x0b4, -1",
        "0x0b8, -1",
        "0x0bc, -1",
        "0x0c0, 0",
        "0x0fc, 0"
    })
    void readsAsAfterReset(String register, String value) {
        assertThat(read(Integer.decode(register))).isEqualTo(Integer.decode(value));
    }

    @Test
    void readsNothingFromRegistersThatAreNotToBeRead() {
        negotiate(SPLIT);
        for (int offset = 0; offset < MmioRegisters.CONFIG; offset++) {
            if (!MmioRegisters.isReadable(offset)) {
                assertThat(read(offset)).as("register 0x%x", offset).isZero();
            }
            assertThat(mmio.read(offset, 1)).isZero();
            assertThat(mmio.read(offset, 2)).isZero();
        }
        for (int offset : new int[] {-1, -4, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x118, 0x115}) {
            assertThat(read(offset)).isZero();
            write(offset, -1);
        }
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY);
    }

    @Test
    void showsTheFeaturesThatAreSelected() {
        FeatureBits seen = FeatureBits.NONE;
        for (int word = 0; word < FeatureBits.WORDS; word++) {
            write(MmioRegisters.DEVICE_FEATURES_SEL, word);
            seen = seen.withWord(word, read(MmioRegisters.DEVICE_FEATURES));
        }
        assertThat(seen).isEqualTo(mmio.session().deviceFeatures());
        for (int word : new int[] {4, -1, Integer.MIN_VALUE}) {
            write(MmioRegisters.DEVICE_FEATURES_SEL, word);
            assertThat(read(MmioRegisters.DEVICE_FEATURES)).isZero();
        }
    }

    @Test
    void setsFeaturesOkOnlyForAChoiceThatItAccepts() {
        write(MmioRegisters.STATUS, UP);
        features(SPLIT.with(Features.SUSPEND));
        write(MmioRegisters.STATUS, READY);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(UP);
        features(SPLIT);
        write(MmioRegisters.STATUS, READY);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY);
        features(PACKED);
        write(MmioRegisters.STATUS, RUNNING);
        assertThat(mmio.session().driverFeatures()).isEqualTo(SPLIT);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(RUNNING);
    }

    @ParameterizedTest
    @ValueSource(ints = {READY, RUNNING})
    void aDriverMaySetAllStatusBitsAtOnce(int status) {
        features(SPLIT);
        write(MmioRegisters.STATUS, status);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(ints = {ACKNOWLEDGE, UP, UP | 32, UP | 256, -1})
    void ignoresStatusesThatAreNotToBeWritten(int status) {
        negotiate(SPLIT);
        write(MmioRegisters.STATUS, status);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY);
    }

    @Test
    void accessesTheConfigurationSpaceByTheWidthOfEachField() {
        mmio.write(0x100, 4, 0x80818283);
        mmio.write(0x104, 2, 0xfffe8485);
        mmio.write(0x116, 1, 0x7ff);
        mmio.write(0x117, 1, 0x80);
        assertThat(mmio.read(0x100, 4)).isEqualTo(0x80818283);
        assertThat(mmio.read(0x100, 2)).isEqualTo(0x8283);
        assertThat(mmio.read(0x103, 1)).isEqualTo(0x80);
        assertThat(mmio.read(0x104, 4)).isEqualTo(0x8485);
        assertThat(mmio.read(0x116, 2)).isEqualTo(0x80ff);
        assertThat(mmio.read(0x116, 4)).as("past the end").isZero();
        assertThat(mmio.read(0x100, 3)).as("no such width").isZero();
        assertThat(mmio.read(0x100, 8)).as("no such width").isZero();
        int generation = read(MmioRegisters.CONFIG_GENERATION);
        device.host().changeConfiguration(() -> device.config[0] = 9);
        assertThat(read(MmioRegisters.CONFIG_GENERATION)).isNotEqualTo(generation);
    }

    // Queues.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void servesRequestsByRegisters(FeatureBits features) {
        for (int round = 0; round < 3; round++) {
            negotiate(features);
            DriverVirtqueue queue = queue(2, 16, features);
            enable(queue);
            write(MmioRegisters.STATUS, RUNNING);
            for (int i = 0; i < 200; i++) {
                roundTrip(queue, i);
            }
            write(MmioRegisters.STATUS, 0);
            TestDriver.await("reset", () -> read(MmioRegisters.STATUS) == 0);
            assertThat(read(MmioRegisters.INTERRUPT_STATUS)).isZero();
            assertThat(mmio.isInterruptAsserted()).isFalse();
        }
    }

    private void roundTrip(DriverVirtqueue queue, int value) {
        DmaBuffer request = memory.allocate(8);
        DmaBuffer answer = memory.allocate(8);
        request.putLong(0, value);
        assertThat(queue.add(new BufferChain(2).addReadable(request).addWritable(answer), value))
                .isTrue();
        if (queue.publish()) {
            write(MmioRegisters.QUEUE_NOTIFY, queue.notificationData());
        }
        while (queue.enableUsedNotifications()) {
            // It may belong to the request before, whose used buffer was seen first.
            TestDriver.await("an interrupt", mmio::isInterruptAsserted);
            // The pin is told after the register shows it.
            TestDriver.await("the pin to be told", () -> raised.get() > 0);
            assertThat(read(MmioRegisters.INTERRUPT_STATUS)).isEqualTo(InterruptStatus.USED_BUFFER);
            write(MmioRegisters.INTERRUPT_ACK, InterruptStatus.USED_BUFFER);
        }
        assertThat(queue.poll()).isEqualTo(value);
        assertThat(answer.getLong(0)).isEqualTo(value);
    }

    @Test
    void aQueueThatIsNoneHasNoRegisters() {
        negotiate(SPLIT);
        for (int queue : new int[] {1, 3, 65535, 65536, -1, Integer.MIN_VALUE}) {
            write(MmioRegisters.QUEUE_SEL, queue);
            assertThat(read(MmioRegisters.QUEUE_SIZE_MAX)).isZero();
            enable(queue, 8, TestMemory.BASE, TestMemory.BASE, TestMemory.BASE);
            assertThat(read(MmioRegisters.QUEUE_READY)).isZero();
            write(MmioRegisters.QUEUE_RESET, 1);
            assertThat(read(MmioRegisters.QUEUE_RESET)).isZero();
            write(MmioRegisters.QUEUE_NOTIFY, queue);
        }
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY);
    }

    @Test
    void aQueueThatCannotBeEnabledSaysSoByNeedingAReset() {
        negotiate(SPLIT);
        enable(0, 8, 1L << 40, TestMemory.BASE, TestMemory.BASE);
        assertThat(read(MmioRegisters.QUEUE_READY)).isZero();
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(READY | DEVICE_NEEDS_RESET);
        write(MmioRegisters.STATUS, 0);
        negotiate(SPLIT);
        enable(queue(0, 8, SPLIT));
    }

    @Test
    void resetsAQueueWhileItsIoIsInFlight() {
        negotiate(PACKED);
        DriverVirtqueue queue = queue(0, 8, PACKED);
        DriverVirtqueue other = queue(2, 16, PACKED);
        enable(other);
        enable(queue);
        write(MmioRegisters.STATUS, RUNNING);
        holdOne(queue);
        write(MmioRegisters.QUEUE_RESET, 1);
        assertThat(read(MmioRegisters.QUEUE_RESET)).isEqualTo(1);
        write(MmioRegisters.QUEUE_SEL, 2);
        assertThat(read(MmioRegisters.QUEUE_RESET)).isZero();
        assertThat(read(MmioRegisters.QUEUE_READY)).isEqualTo(1);
        roundTrip(other, 3);
        write(MmioRegisters.QUEUE_SEL, 0);
        device.held.removeFirst().finish();
        TestDriver.await("queue reset", () -> read(MmioRegisters.QUEUE_RESET) == 0);
        assertThat(read(MmioRegisters.QUEUE_READY)).isZero();
        queue.reset();
        enable(queue);
        assertThat(read(MmioRegisters.QUEUE_RESET)).isZero();
        roundTrip(queue, 4);
    }

    private void holdOne(DriverVirtqueue queue) {
        device.hold();
        assertThat(queue.addWritable(TestMemory.BASE, 8, 1)).isTrue();
        assertThat(queue.publish()).isTrue();
        write(MmioRegisters.QUEUE_NOTIFY, queue.notificationData());
        TestDriver.await("a request", () -> device.held.size() == 1);
        device.behaviour = device::echo;
    }

    @Test
    void takesAQueueOutOfUse() {
        negotiate(SPLIT.without(Features.RING_RESET));
        DriverVirtqueue queue = queue(0, 8, SPLIT);
        enable(queue);
        write(MmioRegisters.STATUS, RUNNING);
        holdOne(queue);
        write(MmioRegisters.QUEUE_RESET, 1);
        assertThat(mmio.session().isQueueEnabled(0))
                .as("RING_RESET was not negotiated")
                .isTrue();
        write(MmioRegisters.QUEUE_READY, 0);
        assertThat(read(MmioRegisters.QUEUE_READY)).as("still in use").isEqualTo(1);
        device.held.removeFirst().finish();
        TestDriver.await("the end of its use", () -> read(MmioRegisters.QUEUE_READY) == 0);
    }

    @Test
    void aResetClearsEveryRegisterOnceItIsComplete() {
        negotiate(SPLIT);
        DriverVirtqueue queue = queue(0, 8, SPLIT);
        enable(queue);
        write(MmioRegisters.STATUS, RUNNING);
        device.host().changeConfiguration(() -> {});
        holdOne(queue);
        write(MmioRegisters.STATUS, 0);
        assertThat(read(MmioRegisters.STATUS)).isEqualTo(RUNNING);
        write(MmioRegisters.STATUS, ACKNOWLEDGE);
        assertThat(read(MmioRegisters.INTERRUPT_STATUS)).isEqualTo(InterruptStatus.CONFIGURATION_CHANGE);
        device.held.removeFirst().finish();
        TestDriver.await("reset", () -> read(MmioRegisters.STATUS) == 0);
        assertThat(read(MmioRegisters.INTERRUPT_STATUS)).isZero();
        assertThat(read(MmioRegisters.QUEUE_READY)).isZero();
        write(MmioRegisters.STATUS, UP);
        write(MmioRegisters.STATUS, READY);
        assertThat(read(MmioRegisters.STATUS)).as("no features are chosen").isEqualTo(UP);
    }

    /** As Linux does: it writes 0 and goes on at once. */
    @Test
    void waitsForIoInFlightIfToldTo() throws Exception {
        TestDevice other = new TestDevice(8);
        try (MmioDevice patient = MmioDevice.start(
                other, memory.guest(), Features.MMIO, List.of(worker), () -> {}, Duration.ofSeconds(50))) {
            FeatureBits features = SPLIT;
            for (int word = 0; word < 2; word++) {
                patient.write(MmioRegisters.DRIVER_FEATURES_SEL, 4, word);
                patient.write(MmioRegisters.DRIVER_FEATURES, 4, features.word(word));
            }
            patient.write(MmioRegisters.STATUS, 4, READY);
            TestDriver driver = new TestDriver(patient.session(), memory, features);
            TestDriver.Queue queue = driver.setUp(0, 8);
            driver.driverOk();
            other.hold();
            queue.send(1);
            TestDriver.await("a request", () -> other.held.size() == 1);
            Thread writer = Thread.ofPlatform().start(() -> patient.write(MmioRegisters.STATUS, 4, 0));
            TestDriver.await("the wait", () -> writer.getState() == Thread.State.TIMED_WAITING);
            other.held.removeFirst().finish();
            writer.join();
            assertThat(patient.read(MmioRegisters.STATUS, 4)).isZero();
        }
    }

    // Whatever a driver may think of.

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noAccessDoesHarm(long seed) {
        Random random = new Random(seed);
        int[] values = {0, 1, 2, 3, 7, 8, 11, 15, 16, 64, 128, 0x10000, 0x10040, 0x10400, 0x10f000, 1 << 30, -1};
        int[] widths = {4, 4, 4, 4, 4, 4, 1, 2, 8, 0, -1};
        byte[] noise = new byte[1 << 16];
        random.nextBytes(noise);
        memory.region().put(0, noise, 0, noise.length);
        for (int i = 0; i < 40_000; i++) {
            int offset = random.nextInt(64) == 0 ? random.nextInt() : 4 * random.nextInt(0x120 / 4);
            int width = widths[random.nextInt(widths.length)];
            int value = random.nextInt(8) == 0 ? random.nextInt() : values[random.nextInt(values.length)];
            mmio.write(offset, width, value);
            int got = mmio.read(offset, width);
            if (width != 1 && width != 2 && width != 4) {
                assertThat(got).as("no such width").isZero();
            }
            if (i % 16 == 0) {
                toState(random.nextInt(5), random);
            }
        }
        write(MmioRegisters.STATUS, 0);
        TestDriver.await("reset", () -> read(MmioRegisters.STATUS) == 0);
        negotiate(PACKED);
        DriverVirtqueue queue = queue(2, 16, PACKED);
        enable(queue);
        write(MmioRegisters.STATUS, RUNNING);
        roundTrip(queue, 5);
    }

    /** Random writes alone hardly ever get beyond a reset. */
    private void toState(int state, Random random) {
        FeatureBits features = random.nextBoolean() ? SPLIT : PACKED;
        if (state > 0) {
            features(features);
            write(MmioRegisters.STATUS, state > 1 ? READY : UP);
        }
        if (state > 2) {
            long at = TestMemory.BASE + 64L * random.nextInt(900);
            enable(random.nextInt(3), 8, at, at + 256, at + 512);
        }
        if (state > 3) {
            write(MmioRegisters.STATUS, RUNNING);
            write(MmioRegisters.QUEUE_NOTIFY, random.nextInt(3));
        }
        if (random.nextInt(3) == 0) {
            write(MmioRegisters.STATUS, 0);
        }
    }
}
