// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static dev.paravirt.spec.DeviceStatus.ACKNOWLEDGE;
import static dev.paravirt.spec.DeviceStatus.DEVICE_NEEDS_RESET;
import static dev.paravirt.spec.DeviceStatus.DRIVER_OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Requests that the workers of a session serve, and what stops them. */
@Timeout(60)
class ServingSessionTest extends SessionUnderTest {
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
