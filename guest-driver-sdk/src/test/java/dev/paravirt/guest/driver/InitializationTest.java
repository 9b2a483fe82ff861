// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.hypercall.Hypercall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way from reset to DRIVER_OK. */
class InitializationTest {
    @Test
    void overHypercallsItGoesInOrderAndInThreeCalls() throws DeviceException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        Transport transport = rig.transport();
        rig.hypercalls.calls = 0;
        BlockDriver driver = BlockDriver.start(transport, rig.machine, BlockDriverOptions.DEFAULT.withQueues(2, 128));

        assertThat(rig.device.log)
                .containsExactly(
                        "status RESET",
                        "status ACKNOWLEDGE",
                        "status ACKNOWLEDGE|DRIVER",
                        "features",
                        "status ACKNOWLEDGE|DRIVER|FEATURES_OK",
                        "config",
                        "queue 0 of 128",
                        "queue 1 of 128",
                        "status ACKNOWLEDGE|DRIVER|FEATURES_OK|DRIVER_OK");
        assertThat(rig.hypercalls.calls).isEqualTo(3);
        assertThat(rig.device.configLine).isZero();
        assertThat(driver.queues()).isEqualTo(2);
        assertThat(driver.name()).isEqualTo("block device 1");
    }

    @Test
    void overRegistersItGoesInOrder() throws DeviceException {
        Rig rig = new Rig(Rig.Way.MMIO);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT.withQueues(1, 64));

        assertThat(rig.device.log)
                .containsExactly(
                        "status RESET",
                        "status ACKNOWLEDGE",
                        "status ACKNOWLEDGE|DRIVER",
                        "features",
                        "status ACKNOWLEDGE|DRIVER|FEATURES_OK",
                        "queue 0 of 64",
                        "status ACKNOWLEDGE|DRIVER|FEATURES_OK|DRIVER_OK");
        assertThat(rig.registers.writes)
                .containsExactly(
                        "0x70", "0x70", "0x70", // reset, ACKNOWLEDGE, DRIVER
                        "0x14", "0x14", "0x14", "0x14", // DeviceFeaturesSel
                        "0x24", "0x20", "0x24", "0x20", // DriverFeaturesSel, DriverFeatures
                        "0x70", // FEATURES_OK
                        "0x30", "0x30", "0x30", // QueueSel: how large? Twice, then to set it up
                        "0x38", "0x80", "0x84", "0x90", "0x94", "0xa0", "0xa4", "0x44", // QueueSize to QueueReady
                        "0x70"); // DRIVER_OK
        assertThat(driver.name()).isEqualTo("block device at 0xfeb00000");
    }

    @ParameterizedTest
    @EnumSource
    void acceptsWhatBothSidesWant(Rig.Way way) throws DeviceException {
        Rig rig = new Rig(way);
        rig.device.features = FeatureBits.of(
                Features.VERSION_1,
                Features.RING_PACKED,
                Features.ACCESS_PLATFORM,
                BlkFeatures.FLUSH,
                BlkFeatures.MQ,
                BlkFeatures.ZONED,
                60,
                127);
        BlockDriver driver = rig.start();
        assertThat(driver.features())
                .isEqualTo(FeatureBits.of(Features.VERSION_1, Features.RING_PACKED, BlkFeatures.FLUSH, BlkFeatures.MQ))
                .isEqualTo(rig.device.accepted);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusalOfFeaturesIsSaidAndMarkedAsFailed(Rig.Way way) {
        Rig rig = new Rig(way);
        rig.device.refusesFeatures = true;
        assertThatThrownBy(rig::start)
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("block device")
                .hasMessageContaining("does not accept the features");
        assertThat(rig.device.status & DeviceStatus.FAILED).isNotZero();
        assertThat(rig.device.log).doesNotContain("queue 0 of 256");
    }

    @ParameterizedTest
    @EnumSource
    void aLegacyDeviceIsRefused(Rig.Way way) {
        Rig rig = new Rig(way);
        rig.device.features = rig.device.features.without(Features.VERSION_1);
        assertThatThrownBy(rig::start).hasMessageContaining("legacy device");
        assertThat(rig.device.status & DeviceStatus.FAILED).isNotZero();
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceOfAnotherTypeIsLeftAlone(Rig.Way way) {
        Rig rig = new Rig(way);
        rig.device.deviceType = 3;
        assertThatThrownBy(rig::start).hasMessageContaining("console").hasMessageContaining("is no block device");
        assertThat(rig.device.log).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSlowResetIsWaitedFor(Rig.Way way) throws DeviceException {
        Rig rig = new Rig(way);
        rig.device.status = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FAILED;
        rig.device.slowResets = 20;
        assertThat(rig.start().resets()).isZero();
        assertThat(rig.device.status & DeviceStatus.DRIVER_OK).isNotZero();
    }

    @Test
    void findsTheDeviceAndSpeaksWithTheHypervisor() throws DeviceException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        Hypercalls hypercalls = Hypercalls.attach(rig.hypercalls, rig.machine);
        assertThat(hypercalls.minorVersion()).isEqualTo(7);
        assertThat(hypercalls.find(2, 0)).isEqualTo(1);
        assertThat(hypercalls.find(2, 2)).isEqualTo(-1);
        assertThat(hypercalls.lineCount()).isEqualTo(2);
        assertThat(hypercalls.clock(Hypercall.CLOCK_MONOTONIC)).isEqualTo(77);
        assertThatThrownBy(() -> hypercalls.powerOff(0)).hasMessageContaining("POWER_OFF");
    }

    @Test
    void anotherMajorVersionIsRefused() {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.hypercalls.version = Hypercall.version(2, 0);
        assertThatThrownBy(rig::start).hasMessageContaining("0x20000");
        rig.hypercalls.version = -1;
        assertThatThrownBy(rig::start).hasMessageContaining("not supported");
    }

    @Test
    void aFailedCallIsNamed() {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.hypercalls.failing = Hypercall.QUEUE_SETUP;
        assertThatThrownBy(rig::start).hasMessage("hypercall QUEUE_SETUP for block device 1 failed: invalid argument");
        rig.hypercalls.failure = Long.MAX_VALUE;
        assertThatThrownBy(rig::start).hasMessageContaining("doorbell");
        rig.hypercalls.failing = Hypercall.MULTICALL;
        assertThatThrownBy(rig::start).hasMessageContaining("MULTICALL");
    }

    @Test
    void whatIsNoVirtioMmioDeviceIsRefused() {
        Rig rig = new Rig(Rig.Way.MMIO);
        rig.registers.version = 1;
        assertThatThrownBy(rig::start).hasMessageContaining("version 1").hasMessageContaining("non-legacy");
        rig.registers.magic = 0;
        assertThatThrownBy(rig::start).hasMessageContaining("magic");
        rig.registers.magic = 0x74726976;
        rig.registers.version = 2;
        rig.device.deviceType = 0;
        assertThatThrownBy(() -> MmioTransport.open(rig.registers, rig.machine, "slot 3"))
                .hasMessage("the virtio-mmio slot at slot 3 is empty");
    }
}
