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

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a session lets its driver do, and tells it. */
@Timeout(60)
class DeviceSessionTest extends SessionUnderTest {
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

    // Failure.

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
}
