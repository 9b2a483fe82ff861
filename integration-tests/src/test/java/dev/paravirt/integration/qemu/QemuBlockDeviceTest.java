// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.driver.BlockIoException;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.ring.SplitLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our block driver with QEMU's virtio-blk device, of which nobody here wrote a line. */
@Timeout(120)
class QemuBlockDeviceTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 32768;
    private static final long SEED = 42;

    @TempDir
    private Path folder;

    private Path image;
    private final byte[] expected = new byte[SECTORS * SECTOR];

    @BeforeAll
    static void requireQemu() {
        Qemu.require();
    }

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("image");
        new Random(SEED).nextBytes(expected);
        Files.write(image, expected);
    }

    private QemuMachine start(String driveOptions, String deviceOptions) throws IOException, InterruptedException {
        return new QemuMicrovm(
                folder,
                "-drive",
                "if=none,id=disk,format=raw,discard=unmap,detect-zeroes=off,file=" + image + driveOptions,
                "-device",
                "virtio-blk-device,drive=disk,serial=paravirt-1234" + deviceOptions);
    }

    private static BlockDriver drive(QemuMachine qemu, BlockDriverOptions options) throws DeviceException {
        int line = qemu.line(DeviceType.BLOCK);
        return BlockDriver.start(qemu.open(DeviceType.BLOCK), qemu, options.withLines(line, 1));
    }

    @ParameterizedTest(name = "packed {0}, event index {1}, indirect {2}")
    @CsvSource({
        "false, false, false",
        "false, true, false",
        "false, false, true",
        "false, true, true",
        "true, false, false",
        "true, true, false",
        "true, false, true",
        "true, true, true"
    })
    void readsAndWritesInEveryFormat(boolean packed, boolean eventIndex, boolean indirect) throws Exception {
        String format = ",packed=" + on(packed) + ",event_idx=" + on(eventIndex) + ",indirect_desc=" + on(indirect);
        try (QemuMachine qemu = start("", format)) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            assertThat(driver.features().has(Features.VERSION_1)).isTrue();
            assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(packed);
            assertThat(driver.features().has(Features.EVENT_IDX)).isEqualTo(eventIndex);
            assertThat(driver.features().has(Features.INDIRECT_DESC)).isEqualTo(indirect);
            assertThat(driver.capacity()).isEqualTo(SECTORS);
            assertThat(driver.deviceId()).isEqualTo("paravirt-1234");
            mixedTraffic(qemu, driver, 1, 2_000);
            driver.flush();
            assertThat(Files.mismatch(image, write(expected))).isEqualTo(-1);
            driver.stop();
        }
    }

    private static String on(boolean value) {
        return value ? "on" : "off";
    }

    private Path write(byte[] content) throws IOException {
        return Files.write(folder.resolve("expected"), content);
    }

    /** Requests of all sizes and shapes at every depth, no two of them at once for the same sectors. */
    private void mixedTraffic(QemuMachine qemu, BlockDriver driver, int queues, int requests) throws IOException {
        Random random = new Random(SEED + 1);
        Traffic traffic = new Traffic(qemu, driver, expected, queues, 96);
        for (int request = 0; request < requests; request++) {
            traffic.submit(request % queues, random);
        }
        traffic.finish();
        assertThat(traffic.completed()).isEqualTo(requests);
    }

    @Test
    void usesSeveralQueues() throws Exception {
        try (QemuMachine qemu = start("", ",packed=on,num-queues=4,queue-size=64")) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT.withQueues(4, 64));
            assertThat(driver.features().has(BlkFeatures.MQ)).isTrue();
            assertThat(driver.queues()).isEqualTo(4);
            mixedTraffic(qemu, driver, 4, 2_000);
            for (int queue = 0; queue < 4; queue++) {
                assertThat(driver.completions(queue)).isGreaterThanOrEqualTo(500);
            }
            assertThat(Files.mismatch(image, write(expected))).isEqualTo(-1);
        }
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void goesOnWhenEveryIndexHasWrapped(boolean packed) throws Exception {
        try (QemuMachine qemu = start("", ",packed=" + on(packed))) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
            int requests = (1 << 16) + 1000;
            int submitted = 0;
            while (driver.completions(0) < requests) {
                // All read the same sector to the same place: what counts here is the rings.
                while (submitted < requests && driver.submitRead(0, 1, buffer) != BlockDriver.FULL) {
                    submitted++;
                }
                driver.kick(0);
                assertThat(driver.await(0, -1)).isTrue();
                for (int token = driver.poll(0); token != BlockDriver.NONE; token = driver.poll(0)) {
                    assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
                }
            }
            assertThat(driver.resets()).isZero();
            mixedTraffic(qemu, driver, 1, 200);
        }
    }

    @Test
    void discardsAndWritesZeroes() throws Exception {
        try (QemuMachine qemu = start("", ",packed=on")) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            assertThat(driver.features().has(BlkFeatures.DISCARD)).isTrue();
            assertThat(driver.features().has(BlkFeatures.WRITE_ZEROES)).isTrue();
            driver.writeZeroes(100, 50, false);
            driver.writeZeroes(1000, 3000, true);
            driver.discard(8192, 8192);
            driver.flush();
            Arrays.fill(expected, 100 * SECTOR, 150 * SECTOR, (byte) 0);
            Arrays.fill(expected, 1000 * SECTOR, 4000 * SECTOR, (byte) 0);
            byte[] found = Files.readAllBytes(image);
            // What a discard leaves is not said: here it is either what was there or nothing.
            int discarded = 8192 * SECTOR;
            if (found[discarded] == 0 && found[discarded + 1] == 0) {
                Arrays.fill(expected, discarded, 2 * discarded, (byte) 0);
            }
            assertThat(Arrays.mismatch(found, expected)).isEqualTo(-1);
        }
    }

    @Test
    void switchesTheWriteCache() throws Exception {
        try (QemuMachine qemu = start("", "")) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            assertThat(driver.features().has(BlkFeatures.CONFIG_WCE)).isTrue();
            assertThat(driver.setWriteback(false)).isFalse();
            assertThat(driver.setWriteback(true)).isTrue();
            mixedTraffic(qemu, driver, 1, 100);
        }
    }

    @Test
    void leavesAReadOnlyDiskAlone() throws Exception {
        try (QemuMachine qemu = start(",readonly=on", "")) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            assertThat(driver.readOnly()).isTrue();
            DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
            driver.read(5, buffer);
            assertThat(bytes(buffer)).isEqualTo(Arrays.copyOfRange(expected, 5 * SECTOR, 6 * SECTOR));
            assertThatThrownBy(() -> driver.write(5, buffer)).isInstanceOf(BlockIoException.class);
        }
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void reportsAnErrorOfTheDiskAndGoesOn(boolean packed) throws Exception {
        Path faults = Files.writeString(folder.resolve("faults"), """
                [inject-error]
                event = "read_aio"
                errno = "5"
                sector = "640"
                """);
        try (QemuMachine qemu = new QemuMicrovm(
                folder,
                "-drive",
                "if=none,id=disk,format=raw,rerror=report,file=blkdebug:" + faults + ":" + image,
                "-device",
                "virtio-blk-device,drive=disk,packed=" + on(packed))) {
            BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT);
            DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
            assertThatThrownBy(() -> driver.read(640, buffer))
                    .isInstanceOfSatisfying(BlockIoException.class, failure -> {
                        assertThat(failure.status()).isEqualTo(BlkStatus.IOERR);
                        assertThat(failure.sector()).isEqualTo(640);
                    });
            driver.read(641, buffer);
            assertThat(bytes(buffer)).isEqualTo(Arrays.copyOfRange(expected, 641 * SECTOR, 642 * SECTOR));
            assertThat(driver.resets()).isZero();
        }
    }

    private static byte[] bytes(DmaBuffer buffer) {
        byte[] bytes = new byte[buffer.size()];
        buffer.get(0, bytes, 0, bytes.length);
        return bytes;
    }

    @Test
    void startsAnewAfterAReset() throws Exception {
        try (QemuMachine qemu = start("", ",packed=on")) {
            FeatureBits[] formats = {
                BlockDriverOptions.DEFAULT_FEATURES,
                BlockDriverOptions.DEFAULT_FEATURES.without(Features.RING_PACKED),
                BlockDriverOptions.DEFAULT_FEATURES.without(Features.EVENT_IDX)
            };
            for (FeatureBits features : formats) {
                BlockDriver driver = drive(qemu, BlockDriverOptions.DEFAULT.withFeatures(features));
                assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(features.has(Features.RING_PACKED));
                mixedTraffic(qemu, driver, 1, 300);
                DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
                int token = driver.submitRead(0, 1, buffer);
                driver.kick(0);
                driver.stop();
                assertThat(driver.poll(0)).isEqualTo(token);
            }
            assertThat(Files.mismatch(image, write(expected))).isEqualTo(-1);
        }
    }

    /** QEMU says so when the driver's index runs away: the driver resets it, and makes what was under way again. */
    @Test
    void recoversADeviceThatNeedsAReset() throws Exception {
        try (QemuMachine qemu = start("", ",packed=off")) {
            SpiedRegisters registers = new SpiedRegisters(qemu.registersOf(DeviceType.BLOCK));
            MmioTransport transport = MmioTransport.open(registers, qemu, "a slot of QEMU");
            BlockDriver driver = BlockDriver.start(
                    transport, qemu, BlockDriverOptions.DEFAULT.withLines(qemu.line(DeviceType.BLOCK), 1));
            mixedTraffic(qemu, driver, 1, 100);
            DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
            int token = driver.submitRead(0, 77, buffer);
            long availableIndex = registers.driverArea() + SplitLayout.AVAIL_IDX;
            int index = qemu.memory().getShort(availableIndex);
            qemu.memory().putShort(availableIndex, (short) (index + 10_000));
            registers.write(MmioRegisters.QUEUE_NOTIFY, 4, 0);
            assertThat(registers.read(MmioRegisters.STATUS, 4) & DeviceStatus.DEVICE_NEEDS_RESET)
                    .isNotZero();
            driver.kick(0);
            int completed = driver.poll(0);
            while (completed == BlockDriver.NONE && driver.underWay(0) > 0) {
                driver.await(0, -1);
                completed = driver.poll(0);
            }
            assertThat(completed).isEqualTo(token);
            assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
            assertThat(bytes(buffer)).isEqualTo(Arrays.copyOfRange(expected, 77 * SECTOR, 78 * SECTOR));
            assertThat(driver.resets()).isEqualTo(1);
            mixedTraffic(qemu, driver, 1, 100);
        }
    }

    /** QEMU 7.2 offers RING_RESET to virtio-mmio but has no QueueReset: who believes the register loses the queue. */
    @Test
    void believesAQueueResetOnlyIfTheQueueIsOut() throws Exception {
        try (QemuMachine qemu = start("", ",packed=on")) {
            MmioTransport transport = qemu.open(DeviceType.BLOCK);
            BlockDriver driver = BlockDriver.start(
                    transport, qemu, BlockDriverOptions.DEFAULT.withLines(qemu.line(DeviceType.BLOCK), 1));
            assertThat(driver.features().has(Features.RING_RESET)).isTrue();
            boolean done = true;
            try {
                transport.resetQueue(0, 1_000_000_000);
            } catch (DeviceException refused) {
                assertThat(refused).hasMessageContaining("queue 0");
                done = false;
            }
            int ready = qemu.registersOf(DeviceType.BLOCK).read(MmioRegisters.QUEUE_READY, 4);
            assertThat(ready).isEqualTo(done ? 0 : 1);
            driver.stop();
            mixedTraffic(qemu, drive(qemu, BlockDriverOptions.DEFAULT), 1, 100);
        }
    }
}
