// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static dev.paravirt.spec.DeviceStatus.ACKNOWLEDGE;
import static dev.paravirt.spec.DeviceStatus.DEVICE_NEEDS_RESET;
import static dev.paravirt.spec.DeviceStatus.DRIVER;
import static dev.paravirt.spec.DeviceStatus.DRIVER_OK;
import static dev.paravirt.spec.DeviceStatus.FAILED;
import static dev.paravirt.spec.DeviceStatus.FEATURES_OK;
import static dev.paravirt.spec.DeviceStatus.SUSPEND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class DeviceSessionTest {
    private static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1, Features.RING_RESET, 0);
    private static final FeatureBits PACKED = SPLIT.with(Features.RING_PACKED);
    private static final FeatureBits EVERYTHING = VirtqueueFormat.FEATURES.with(Features.VERSION_1);
    private static final int UP = ACKNOWLEDGE | DRIVER;
    private static final int READY = UP | FEATURES_OK;

    static final List<FeatureBits> FORMATS =
            List.of(SPLIT, PACKED, EVERYTHING, EVERYTHING.without(Features.RING_PACKED));

    private final TestMemory memory = new TestMemory();
    private final CountingInterrupt interrupt = new CountingInterrupt();
    private final TestDevice device = new TestDevice(8, 0, 16);
    private final QueueWorker worker = QueueWorker.start("worker under test");
    private final DeviceSession session =
            DeviceSession.start(device, memory.guest(), Features.MMIO, interrupt, List.of(worker));

    @AfterEach
    void end() {
        device.controlFails = false;
        device.held.forEach(TestDevice.Held::finish);
        device.held.clear();
        session.close();
        worker.close();
        memory.close();
    }

    private TestDriver driver(FeatureBits features) {
        return new TestDriver(session, memory, features);
    }

    // Device status.

    static Stream<Arguments> statusWrites() {
        return Stream.of(
                Arguments.of(0, ACKNOWLEDGE, Outcome.DONE, ACKNOWLEDGE),
                Arguments.of(0, UP, Outcome.DONE, UP),
                Arguments.of(0, DRIVER, Outcome.DONE, DRIVER),
                Arguments.of(0, FAILED, Outcome.DONE, FAILED),
                Arguments.of(UP, UP, Outcome.DONE, UP),
                Arguments.of(UP, UP | FAILED, Outcome.DONE, UP | FAILED),
                Arguments.of(UP, ACKNOWLEDGE, Outcome.BAD_STATE, UP),
                Arguments.of(UP, DRIVER, Outcome.BAD_STATE, UP),
                Arguments.of(UP, FAILED, Outcome.BAD_STATE, UP),
                Arguments.of(UP, READY, Outcome.BAD_STATE, UP),
                Arguments.of(UP, UP | DRIVER_OK, Outcome.BAD_STATE, UP),
                Arguments.of(UP, READY | DRIVER_OK, Outcome.BAD_STATE, UP),
                Arguments.of(UP, UP | SUSPEND, Outcome.DONE, UP),
                Arguments.of(UP, UP | DEVICE_NEEDS_RESET, Outcome.DONE, UP),
                Arguments.of(UP, UP | 32, Outcome.INVALID_ARGUMENT, UP),
                Arguments.of(UP, UP | 256, Outcome.INVALID_ARGUMENT, UP),
                Arguments.of(UP, -1, Outcome.INVALID_ARGUMENT, UP),
                Arguments.of(UP, 0, Outcome.DONE, 0),
                Arguments.of(READY, READY | DRIVER_OK, Outcome.DONE, READY | DRIVER_OK),
                Arguments.of(READY, UP, Outcome.BAD_STATE, READY),
                Arguments.of(READY | DRIVER_OK, READY, Outcome.BAD_STATE, READY | DRIVER_OK),
                Arguments.of(READY | DRIVER_OK, READY | DRIVER_OK | FAILED, Outcome.DONE, READY | DRIVER_OK | FAILED),
                Arguments.of(READY | DRIVER_OK, 0, Outcome.DONE, 0));
    }

    @ParameterizedTest
    @MethodSource("statusWrites")
    void statusKeepsItsBitsAndOrder(int from, int written, Outcome outcome, int to) {
        bring(from);
        assertThat(session.setStatus(written)).isEqualTo(outcome);
        assertThat(session.status()).isEqualTo(to);
    }

    private void bring(int status) {
        if ((status & FEATURES_OK) != 0) {
            driver(SPLIT).negotiate();
        }
        if (status != 0) {
            assertThat(session.setStatus(status)).isEqualTo(Outcome.DONE);
        }
        assertThat(session.status()).isEqualTo(status);
    }

    // Features.

    @Test
    void offersOnlyWhatQueuesAndTransportAllow() {
        device.features =
                FeatureBits.of(0, Features.SR_IOV, Features.ACCESS_PLATFORM, Features.RING_PACKED, 24, 57, 127);
        FeatureBits transport = Features.HYPERCALL.without(Features.IN_ORDER);
        try (DeviceSession other = DeviceSession.start(device, memory.guest(), transport, interrupt, List.of(worker))) {
            assertThat(other.deviceFeatures())
                    .isEqualTo(VirtqueueFormat.FEATURES
                            .without(Features.IN_ORDER)
                            .or(FeatureBits.of(Features.VERSION_1, 0, 57, 127)));
            assertThat(other.deviceFeatures().has(Features.SUSPEND)).isFalse();
        }
    }

    static Stream<Arguments> choices() {
        return Stream.of(
                Arguments.of(SPLIT, true),
                Arguments.of(EVERYTHING, true),
                Arguments.of(FeatureBits.of(Features.VERSION_1), true),
                Arguments.of(FeatureBits.NONE, false),
                Arguments.of(SPLIT.without(Features.VERSION_1), false),
                Arguments.of(SPLIT.with(1), false),
                Arguments.of(SPLIT.with(Features.SUSPEND), false),
                Arguments.of(SPLIT.with(Features.ACCESS_PLATFORM), false),
                Arguments.of(SPLIT.with(127), false));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void acceptsAPartOfTheOffer(FeatureBits choice, boolean accepted) {
        bring(UP);
        assertThat(session.negotiate(choice)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isEqualTo(accepted ? READY : UP);
        assertThat(session.driverFeatures()).isEqualTo(accepted ? choice : FeatureBits.NONE);
        assertThat(device.negotiated).isEqualTo(session.driverFeatures());
    }

    @Test
    void refusesWhatTheDeviceRefusesAndLetsTheDriverChooseAgain() {
        bring(UP);
        device.accepts = false;
        assertThat(session.negotiate(SPLIT)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isEqualTo(UP);
        device.accepts = true;
        assertThat(session.negotiate(PACKED)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isEqualTo(READY);
        assertThat(session.negotiate(SPLIT)).isEqualTo(Outcome.BAD_STATE);
        assertThat(session.driverFeatures()).isEqualTo(PACKED);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "128"})
    void negotiatesNothingBeforeTheDriverIsThere(int status) {
        bring(status);
        assertThat(session.negotiate(SPLIT)).isEqualTo(Outcome.BAD_STATE);
    }

    // Configuration space.

    @Test
    void countsAGenerationForEachChangeAndSaysSoFromDriverOkOn() {
        byte[] read = new byte[4];
        int first = session.readConfig(0, read, 0, 4);
        device.host().changeConfiguration(() -> device.config[3] = 7);
        assertThat(interrupt.configuration).hasValue(0);
        assertThat(session.readConfig(0, read, 0, 4)).isNotEqualTo(first).isEqualTo(session.configGeneration());
        assertThat(read).containsExactly(0, 0, 0, 7);
        driver(SPLIT).negotiate().driverOk();
        device.host().changeConfiguration(() -> {});
        assertThat(interrupt.configuration).hasValue(1);
        int before = session.configGeneration();
        session.writeConfig(20, new byte[] {1, 2, 3, 4}, 0, 4);
        assertThat(session.configGeneration()).isEqualTo(before);
        session.readConfig(20, read, 0, 4);
        assertThat(read).containsExactly(1, 2, 3, 4);
    }

    @Test
    void neverShowsHalfAChange() {
        Thread changer = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 20_000; i++) {
                byte value = (byte) i;
                device.host().changeConfiguration(() -> {
                    for (int at = 0; at < TestDevice.CONFIG_SIZE; at++) {
                        device.config[at] = value;
                    }
                });
            }
        });
        byte[] read = new byte[TestDevice.CONFIG_SIZE];
        while (changer.isAlive()) {
            session.readConfig(0, read, 0, read.length);
            for (byte one : read) {
                assertThat(one).isEqualTo(read[0]);
            }
        }
    }

    // Virtqueues.

    static Stream<Arguments> wrongQueues() {
        long at = TestMemory.BASE;
        long end = TestMemory.BASE + TestMemory.SIZE;
        return Stream.of(
                Arguments.of(SPLIT, 0, 8, at, at + 1024, at + 2048, Outcome.DONE),
                Arguments.of(SPLIT, 2, 16, at, at + 1024, at + 2048, Outcome.DONE),
                Arguments.of(SPLIT, 0, 1, at, at + 1024, at + 2048, Outcome.DONE),
                Arguments.of(SPLIT, 1, 8, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 3, 8, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, -1, 8, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 65535, 8, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 0, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 16, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 7, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, -8, at, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(PACKED, 0, 7, at, at + 1024, at + 2048, Outcome.DONE),
                Arguments.of(SPLIT, 0, 8, at + 8, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 8, at, at + 1025, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 8, at, at + 1026, at + 2048, Outcome.DONE),
                Arguments.of(SPLIT, 0, 8, at, at + 1024, at + 2050, Outcome.INVALID_ARGUMENT),
                Arguments.of(PACKED, 0, 8, at + 8, at + 1024, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(PACKED, 0, 8, at, at + 1026, at + 2048, Outcome.INVALID_ARGUMENT),
                Arguments.of(PACKED, 0, 8, at, at + 1024, at + 2050, Outcome.INVALID_ARGUMENT),
                Arguments.of(SPLIT, 0, 8, end - 16, at + 1024, at + 2048, Outcome.BAD_ADDRESS),
                Arguments.of(SPLIT, 0, 8, at, end, at + 2048, Outcome.BAD_ADDRESS),
                Arguments.of(SPLIT, 0, 8, at, at + 1024, end - 8, Outcome.BAD_ADDRESS),
                Arguments.of(SPLIT, 0, 8, 0L, at + 1024, at + 2048, Outcome.BAD_ADDRESS),
                Arguments.of(SPLIT, 0, 8, -16L, at + 1024, at + 2048, Outcome.BAD_ADDRESS),
                Arguments.of(SPLIT, 0, 8, at, Long.MAX_VALUE - 1, Long.MIN_VALUE, Outcome.BAD_ADDRESS),
                Arguments.of(PACKED, 0, 8, at, at + 1024, -4L, Outcome.BAD_ADDRESS));
    }

    @ParameterizedTest
    @MethodSource("wrongQueues")
    void checksAQueueBeforeItIsUsed(
            FeatureBits features,
            int queue,
            int size,
            long descriptors,
            long driver,
            long deviceArea,
            Outcome outcome) {
        driver(features).negotiate();
        assertThat(session.setUpQueue(queue, size, descriptors, driver, deviceArea))
                .isEqualTo(outcome);
        assertThat(session.isQueueEnabled(queue)).isEqualTo(outcome == Outcome.DONE);
    }

    @Test
    void saysWhatIsWrongFirstInTheOrderOfTheSpecification() {
        assertThat(session.setUpQueue(0, 7, -1, -1, -1)).isEqualTo(Outcome.INVALID_ARGUMENT);
        assertThat(session.setUpQueue(0, 8, 0, 0, 0)).isEqualTo(Outcome.BAD_STATE);
        TestDriver driver = driver(SPLIT.without(Features.RING_RESET)).negotiate();
        assertThat(session.setUpQueue(0, 8, 0, 0, 0)).isEqualTo(Outcome.BAD_ADDRESS);
        driver.setUp(0, 8);
        assertThat(session.setUpQueue(0, 8, 0, 0, 0)).as("enabled already").isEqualTo(Outcome.BAD_STATE);
        driver.driverOk();
        assertThat(session.setUpQueue(2, 8, 0, 0, 0)).as("without RING_RESET").isEqualTo(Outcome.BAD_STATE);
        assertThat(session.resetQueue(0)).isEqualTo(Outcome.BAD_STATE);
        assertThat(session.resetQueue(1)).isEqualTo(Outcome.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void servesRequestsAgainAfterAReset(FeatureBits features) {
        for (int round = 1; round <= 3; round++) {
            TestDriver driver = driver(features).negotiate();
            TestDriver.Queue queue = driver.setUp(0, 8);
            TestDriver.Queue other = driver.setUp(2, 16);
            driver.driverOk();
            for (int i = 0; i < 100; i++) {
                queue.roundTrip(i);
                other.roundTrip(-i);
            }
            reset();
            assertThat(device.resets).hasValue(round);
        }
        assertThat(session.counters(0).requests()).isEqualTo(300);
        assertThat(session.counters(2).requests()).isEqualTo(300);
    }

    private void reset() {
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("reset", () -> session.status() == 0);
    }

    @Test
    void servesNothingBeforeDriverOk() {
        TestDriver driver = driver(SPLIT).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        queue.send(5);
        session.notifyQueue(0);
        TestDriver.Queue later = driver.setUp(2, 8);
        driver.driverOk();
        queue.awaitUsed(5);
        assertThat(session.counters(0).requests()).isEqualTo(1);
        later.roundTrip(3);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aResetIsCompleteWhenIoInFlightIs(FeatureBits features) {
        TestDriver driver = driver(features).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        driver.driverOk();
        device.hold();
        queue.send(1);
        queue.send(2);
        TestDriver.await("two requests", () -> device.held.size() == 2);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isNotZero();
        assertThat(session.setStatus(ACKNOWLEDGE)).isEqualTo(Outcome.BAD_STATE);
        assertThat(session.negotiate(features)).isEqualTo(Outcome.BAD_STATE);
        assertThat(session.setUpQueue(2, 8, TestMemory.BASE, TestMemory.BASE, TestMemory.BASE))
                .isEqualTo(Outcome.BAD_STATE);
        device.held.removeFirst().finish();
        assertThat(session.status()).isNotZero();
        assertThat(device.resets).hasValue(0);
        device.held.removeFirst().finish();
        TestDriver.await("reset", () -> session.status() == 0);
        assertThat(device.resets).hasValue(1);
        assertThat(interrupt.used).hasValue(0);
        assertThat(queue.ring.poll()).isNegative();
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void resetsOneQueueWhileOthersGoOn(FeatureBits features) {
        TestDriver driver = driver(features).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        TestDriver.Queue other = driver.setUp(2, 16);
        driver.driverOk();
        device.hold();
        queue.send(1);
        TestDriver.await("a request", () -> device.held.size() == 1);
        device.behaviour = device::echo;
        assertThat(session.resetQueue(0)).isEqualTo(Outcome.DONE);
        assertThat(session.isQueueStopped(0)).isFalse();
        assertThat(session.isQueueEnabled(0)).isFalse();
        other.roundTrip(4);
        device.held.removeFirst().finish();
        TestDriver.await("queue reset", () -> session.isQueueStopped(0));
        assertThat(session.resetQueue(0)).isEqualTo(Outcome.DONE);
        queue.ring.reset();
        queue.enable();
        queue.roundTrip(5);
        other.roundTrip(6);
        assertThat(session.status()).isEqualTo(READY | DRIVER_OK);
    }

    // Failure.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aRequestThatTheDeviceCannotTakeEndsInDeviceNeedsReset(FeatureBits features) {
        TestDriver driver = driver(features).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        TestDriver.Queue other = driver.setUp(2, 16);
        driver.driverOk();
        for (RuntimeException thrown : List.of(
                new IllegalStateException("expected by the test"), new IndexOutOfBoundsException("expected too"))) {
            device.behaviour = (chain, context) -> {
                throw thrown;
            };
            int interrupts = interrupt.configuration.get();
            queue.send(1);
            TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DEVICE_NEEDS_RESET) != 0);
            assertThat(session.status()).isEqualTo(READY | DRIVER_OK | DEVICE_NEEDS_RESET);
            assertThat(interrupt.configuration).hasValue(interrupts + 1);
            device.behaviour = device::echo;
            other.send(9);
            reset();
            assertThat(other.ring.poll())
                    .as("no queue of a broken device is served")
                    .isNegative();
            queue.ring.reset();
            other.ring.reset();
            driver.negotiate();
            queue.enable();
            other.enable();
            driver.driverOk();
            queue.roundTrip(1);
            other.roundTrip(2);
        }
    }

    @Test
    void anErrorOfTheJvmEndsTheSessionAndNotTheThread() {
        TestDriver driver = driver(SPLIT).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        driver.driverOk();
        device.behaviour = (chain, context) -> {
            throw new InternalError("expected by the test: memory was truncated");
        };
        queue.send(1);
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DEVICE_NEEDS_RESET) != 0);
        assertThat(worker.thread().isAlive()).isTrue();
        reset();
        device.behaviour = device::echo;
        queue.ring.reset();
        driver.negotiate();
        queue.enable();
        driver.driverOk();
        queue.roundTrip(8);
    }

    @Test
    void memoryThatAPeerCutsOffEndsTheSessionAndNotTheThread(@TempDir Path directory) throws Exception {
        TestDevice second = new TestDevice(8);
        try (FileChannel file = FileChannel.open(
                        directory.resolve("memory"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
                TestMemory cut = new TestMemory(file);
                DeviceSession other =
                        DeviceSession.start(second, cut.guest(), Features.MMIO, interrupt, List.of(worker))) {
            TestDriver otherDriver = new TestDriver(other, cut, SPLIT).negotiate();
            otherDriver.setUp(0, 8);
            otherDriver.driverOk();
            file.truncate(0);
            other.notifyQueue(0);
            TestDriver.await("DEVICE_NEEDS_RESET", () -> (other.status() & DEVICE_NEEDS_RESET) != 0);
            TestDriver driver = driver(SPLIT).negotiate();
            TestDriver.Queue healthy = driver.setUp(0, 8);
            driver.driverOk();
            healthy.roundTrip(1);
            assertThat(other.setStatus(0)).isEqualTo(Outcome.DONE);
            TestDriver.await("reset", () -> other.status() == 0);
        }
    }

    @Test
    void aMalformedRingLeavesOtherDevicesOfTheWorkerAlone() {
        TestDevice second = new TestDevice(8);
        try (DeviceSession other =
                DeviceSession.start(second, memory.guest(), Features.MMIO, interrupt, List.of(worker))) {
            TestDriver driver = driver(SPLIT).negotiate();
            TestDriver.Queue queue = driver.setUp(0, 8);
            driver.driverOk();
            TestDriver otherDriver = new TestDriver(other, memory, PACKED).negotiate();
            TestDriver.Queue healthy = otherDriver.setUp(0, 8);
            otherDriver.driverOk();
            long index = queue.ring.driverArea() - TestMemory.BASE + 2;
            memory.region().putShort(index, (short) 1000);
            session.notifyQueue(0);
            TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DEVICE_NEEDS_RESET) != 0);
            for (int i = 0; i < 100; i++) {
                healthy.roundTrip(i);
            }
            assertThat(other.status()).isEqualTo(READY | DRIVER_OK);
            reset();
        }
        assertThat(second.closes).hasValue(1);
    }

    @Test
    void aDeviceMaySayThatItNeedsAReset() {
        device.host().needsReset("expected by the test");
        assertThat(session.status()).isEqualTo(DEVICE_NEEDS_RESET);
        assertThat(interrupt.configuration).as("not before DRIVER_OK").hasValue(0);
        reset();
        driver(SPLIT).negotiate().driverOk();
        device.host().needsReset("expected by the test");
        device.host().needsReset("the second does not count");
        assertThat(interrupt.configuration).hasValue(1);
    }

    @Test
    void aDeviceThatFailsInAControlCallNeedsAReset() {
        device.controlFails = true;
        byte[] read = {1, 2};
        session.readConfig(0, read, 0, 2);
        assertThat(read).containsExactly(0, 0);
        assertThat(session.status()).isEqualTo(DEVICE_NEEDS_RESET);
        session.writeConfig(0, read, 0, 2);
        session.setStatus(0);
        assertThat(session.status()).as("its reset fails too").isEqualTo(DEVICE_NEEDS_RESET);
        device.controlFails = false;
        assertThat(session.status()).isZero();
        bring(UP);
        device.controlFails = true;
        assertThat(session.negotiate(SPLIT)).isEqualTo(Outcome.DONE);
        assertThat(session.status()).isEqualTo(UP | DEVICE_NEEDS_RESET);
    }

    // The end.

    @Test
    void closingWaitsForIoInFlight() throws Exception {
        TestDriver driver = driver(SPLIT).negotiate();
        TestDriver.Queue queue = driver.setUp(0, 8);
        driver.driverOk();
        device.hold();
        queue.send(1);
        TestDriver.await("a request", () -> device.held.size() == 1);
        Thread closing = Thread.ofPlatform().start(session::close);
        TestDriver.await("close to wait", () -> closing.getState() == Thread.State.TIMED_WAITING);
        assertThat(device.closes).hasValue(0);
        device.held.removeFirst().finish();
        closing.join();
        assertThat(device.resets).hasValue(1);
        assertThat(device.closes).hasValue(1);
        assertThat(session.status()).isZero();
        assertThat(session.setStatus(ACKNOWLEDGE)).isEqualTo(Outcome.BAD_STATE);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        assertThat(device.resets).hasValue(1);
    }

    @Test
    void spreadsQueuesAmongWorkers() {
        try (QueueWorker second = QueueWorker.start("second worker")) {
            TestDevice wide = new TestDevice(8, 8, 8, 8);
            try (DeviceSession spread =
                    DeviceSession.start(wide, memory.guest(), Features.MMIO, interrupt, List.of(worker, second))) {
                assertThat(spread.worker(0)).isSameAs(spread.worker(2)).isSameAs(worker);
                assertThat(spread.worker(1)).isSameAs(spread.worker(3)).isSameAs(second);
                TestDriver driver = new TestDriver(spread, memory, PACKED).negotiate();
                TestDriver.Queue[] queues = new TestDriver.Queue[4];
                for (int queue = 0; queue < 4; queue++) {
                    queues[queue] = driver.setUp(queue, 8);
                }
                driver.driverOk();
                for (int i = 0; i < 400; i++) {
                    queues[i % 4].roundTrip(i);
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void chainsThatADeviceMerelyKeepsDoNotHoldUpAReset(FeatureBits features) throws InterruptedException {
        device.hold();
        device.givesBackWhenAsked = true;
        for (int round = 1; round <= 3; round++) {
            TestDriver driver = driver(features).negotiate();
            TestDriver.Queue queue = driver.setUp(0, 8);
            driver.driverOk();
            queue.send(1);
            queue.send(2);
            TestDriver.await("requests", () -> device.held.size() == 2);
            assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
            assertThat(session.awaitStopped(60_000_000_000L)).isTrue();
            assertThat(session.status()).isZero();
            assertThat(device.held).isEmpty();
            assertThat(device.resets).hasValue(round);
        }
    }
}
