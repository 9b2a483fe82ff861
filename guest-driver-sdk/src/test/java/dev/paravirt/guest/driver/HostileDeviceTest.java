// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that lie. At worst an operation fails. */
class HostileDeviceTest {
    private static final BlockDriverOptions OPTIONS = BlockDriverOptions.DEFAULT.withSpin(0);

    @ParameterizedTest
    @EnumSource
    void absurdNumbersAreBroughtWithinSense(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        rig.device.config.putLong(BlkConfig.CAPACITY, -1);
        rig.device.config.putInt(BlkConfig.SIZE_MAX, 0);
        rig.device.config.putInt(BlkConfig.SEG_MAX, 0);
        rig.device.config.putInt(BlkConfig.BLK_SIZE, 0);
        rig.device.config.putShort(BlkConfig.NUM_QUEUES, (short) 65535);
        rig.device.config.put(BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP, (byte) 255);
        rig.device.config.putInt(BlkConfig.MAX_DISCARD_SECTORS, 0);
        rig.device.queueCount = -1;
        BlockDriver driver = rig.start(OPTIONS.withQueues(3, 256));
        assertThat(driver.capacity()).isEqualTo(Long.MAX_VALUE / 512);
        assertThat(driver.queues()).isEqualTo(3);
        assertThat(driver.limits().blockSize()).isEqualTo(512);
        assertThat(driver.limits().physicalBlockSize()).isEqualTo(512);
        assertThat(driver.limits().maxSegments()).isEqualTo(1);
        assertThat(driver.limits().maxSegmentBytes()).isEqualTo(Integer.MAX_VALUE);
        assertThat(driver.limits().maxTransferBytes()).isEqualTo(Integer.MAX_VALUE - 511);
        assertThat(driver.limits().maxDiscardSectors()).isEqualTo(0xffff_ffffL);
        driver.write(5, rig.buffer(4, 4));
        assertThatThrownBy(() -> driver.read(Long.MAX_VALUE / 512, rig.buffer(1, 0)))
                .isInstanceOf(BlockIoException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 513, 1 << 17, -1})
    void aBlockSizeThatIsNoneCountsAs512(int blockSize) throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.device.config.putInt(BlkConfig.BLK_SIZE, blockSize);
        assertThat(rig.start().limits().blockSize()).isEqualTo(512);
    }

    @ParameterizedTest
    @EnumSource
    void segmentsTooSmallForASectorAreRefused(Rig.Way way) {
        Rig rig = new Rig(way);
        rig.device.config.putInt(BlkConfig.SIZE_MAX, 1);
        assertThatThrownBy(rig::start).hasMessageContaining("allows 30 pieces of 1 bytes");
        assertThat(rig.device.status & DeviceStatus.FAILED).isNotZero();
    }

    @ParameterizedTest
    @EnumSource
    void queuesTooSmallForARequestAreRefused(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        rig.device.queueMaxSize = 0;
        assertThatThrownBy(rig::start).hasMessageContaining("a queue of 0 descriptors at most");
        rig.device.queueMaxSize = 3;
        BlockDriver packed = rig.start();
        packed.write(0, rig.buffer(1, 2));
        assertThat(packed.limits().maxSegments()).isEqualTo(1);
        rig.device.features = rig.device.features.without(Features.RING_PACKED);
        assertThatThrownBy(rig::start).hasMessageContaining("a queue of 3").hasMessageContaining("that leaves 2");
        rig.device.queueMaxSize = Integer.MIN_VALUE;
        if (way == Rig.Way.MMIO) {
            assertThat(rig.start().queues()).isEqualTo(1);
        } else {
            assertThatThrownBy(rig::start).hasMessageContaining("QUEUE_MAX_SIZE");
        }
    }

    @Test
    void aConfigurationSpaceTooSmallForItsFeaturesIsRefused() {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.device.configSize = 12;
        assertThatThrownBy(rig::start).hasMessageContaining("12 bytes; its features need 72");
        rig.device.configSize = 0;
        assertThatThrownBy(rig::start).hasMessageContaining("0 bytes; its features need 72");
    }

    @Test
    void aConfigurationThatNeverSettlesIsRefused() throws IOException {
        Rig rig = new Rig(Rig.Way.MMIO);
        rig.device.neverSettles = true;
        assertThatThrownBy(rig::start).hasMessageContaining("does not hold still");
        rig.device.neverSettles = false;
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.neverSettles = true;
        rig.device.stalls = type -> true;
        rig.device.configurationChanged();
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1)))
                .isInstanceOf(BlockIoException.class)
                .hasMessageContaining("does not hold still");
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceThatNeverResetsIsLeftAlone(Rig.Way way) {
        Rig rig = new Rig(way);
        rig.device.status = DeviceStatus.ACKNOWLEDGE;
        rig.device.neverResets = true;
        assertThatThrownBy(rig::start)
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("has not completed its reset within 30000 ms");
    }

    @Test
    void aStatusThatNobodyWroteIsAFailure() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start();
        rig.device.answer = 0xff;
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1))).hasMessageContaining("without a status");
    }

    @Test
    void aReadThatSaysItWroteTooLittleIsAFailure() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start();
        rig.device.shortBy = 1; // the status byte not counted: many a device
        driver.read(0, rig.buffer(1, 1));
        driver.write(0, rig.buffer(1, 1));
        rig.device.shortBy = 2;
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1)))
                .isInstanceOfSatisfying(
                        BlockIoException.class,
                        failure -> assertThat(failure.status()).isEqualTo(BlkStatus.IOERR));
    }

    /** Random bytes all over the part of the ring that the device writes, at random moments, for every ring format. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void garbageInTheRingEndsInAResetOrAFailure(int combination) throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        Random random = new Random(combination);
        BlockDriver driver = rig.start(OPTIONS.withFeatures(Rig.ringFeatures(combination))
                .withQueues(1, 16)
                .withRecovery(true, 5, 3));
        MemoryRegion memory = rig.machine.memory.region(0);
        DmaBuffer buffer = rig.buffer(1, 1);
        for (int i = 0; i < 2000; i++) {
            FakeBlockDevice.Setup setup = rig.device.setups[0];
            if (setup == null || driver.resets() > 100) {
                break;
            }
            try {
                int token = driver.submitRead(0, i, buffer);
                driver.kick(0);
                if (random.nextInt(4) == 0) {
                    boolean packed = (combination & 1) != 0;
                    long at = (packed ? setup.descriptorArea() : setup.deviceArea()) - memory.address();
                    memory.putInt(at + 4L * random.nextInt(packed ? 64 : 33), random.nextInt());
                }
                if (token != BlockDriver.FULL) {
                    driver.await(0, 1_000_000);
                }
                int completed = driver.poll(0);
                assertThat(completed).isBetween(BlockDriver.NONE, driver.depth(0) - 1);
            } catch (BlockIoException givenUp) {
                assertThat(givenUp.status()).isEqualTo(BlockIoException.NOT_MADE);
                break;
            }
        }
        assertThat(driver.resets()).isPositive();
    }
}
