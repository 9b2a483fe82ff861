// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Virtqueue Reset with QEMU's virtio-blk device. On virtio-pci, because QEMU 7.2 has no QueueReset register on
 * virtio-mmio: see {@link QemuBlockDeviceTest}. The device works on nothing of the queue at that moment: what it
 * works on, QEMU 7.2 does not drop but puts into the queue's next ring when it is done.
 */
@Timeout(60)
class QemuRingResetTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 32768;
    private static final int QUEUES = 3;
    private static final long SEED = 42;

    @TempDir
    private Path folder;

    private Path image;
    private final byte[] expected = new byte[SECTORS * SECTOR];
    private final Random random = new Random(SEED + 1);

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

    private QemuMachine start(boolean packed) throws IOException, InterruptedException {
        return new QemuPc(
                folder,
                "-drive",
                "if=none,id=disk,format=raw,file=" + image,
                "-device",
                "virtio-blk-pci,disable-legacy=on,addr=5,drive=disk,queue_reset=on,queue-size=64,num-queues=" + QUEUES
                        + ",packed=" + (packed ? "on" : "off"));
    }

    private static BlockDriverOptions options(QemuMachine qemu) {
        return BlockDriverOptions.DEFAULT.withQueues(QUEUES, 64).withLines(qemu.line(DeviceType.BLOCK), 1);
    }

    private void assertThatTheImageIsAsExpected(BlockDriver driver) throws IOException {
        driver.flush();
        Path copy = Files.write(folder.resolve("expected"), expected);
        assertThat(Files.mismatch(image, copy)).isEqualTo(-1);
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void goesOnAfterResetsOfAQueue(boolean packed) throws Exception {
        try (QemuMachine qemu = start(packed)) {
            BlockDriver driver = BlockDriver.start(qemu.open(DeviceType.BLOCK), qemu, options(qemu));
            assertThat(driver.features().has(Features.RING_RESET)).isTrue();
            assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(packed);
            Traffic traffic = new Traffic(qemu, driver, expected, QUEUES, 96);
            // Before any traffic too; and twice on end, with nothing in between.
            driver.resetQueue(0);
            for (int round = 0; round < 12; round++) {
                int reset = round % QUEUES;
                int other = (round + 1) % QUEUES;
                submit(traffic, 150);
                traffic.submit(other, random);
                traffic.finish(reset);
                int underWay = driver.underWay(other);
                long completions = driver.completions(other);
                driver.resetQueue(reset);
                driver.resetQueue(reset);
                assertThat(driver.underWay(other)).isEqualTo(underWay).isPositive();
                assertThat(driver.completions(other)).isEqualTo(completions);
            }
            submit(traffic, 150);
            traffic.finish();
            assertThat(traffic.completed()).isEqualTo(12 * 151 + 150);
            assertThat(driver.resets()).isZero();
            assertThatTheImageIsAsExpected(driver);
            driver.stop();
        }
    }

    /** What the driver has put into a ring that the device has not been told of yet, the driver puts in again. */
    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void makesRequestsAgainThatWereUnderWay(boolean packed) throws Exception {
        try (QemuMachine qemu = start(packed)) {
            BlockDriver driver = BlockDriver.start(qemu.open(DeviceType.BLOCK), qemu, options(qemu));
            Traffic traffic = new Traffic(qemu, driver, expected, QUEUES, 96);
            submit(traffic, 300);
            traffic.finish();
            DmaBuffer buffer = qemu.allocate(SECTOR, SECTOR);
            int token = driver.submitRead(1, 77, buffer);
            driver.resetQueue(1);
            assertThat(driver.underWay(1)).isEqualTo(1);
            assertThat(driver.await(1, -1)).isTrue();
            assertThat(driver.poll(1)).isEqualTo(token);
            assertThat(driver.status(1, token)).isEqualTo(BlkStatus.OK);
            byte[] found = new byte[SECTOR];
            buffer.get(0, found, 0, SECTOR);
            assertThat(found).isEqualTo(Arrays.copyOfRange(expected, 77 * SECTOR, 78 * SECTOR));
            submit(traffic, 300);
            traffic.finish();
            assertThat(driver.resets()).isZero();
            assertThatTheImageIsAsExpected(driver);
        }
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void takesOneQueueOutAndNoOther(boolean packed) throws Exception {
        try (QemuMachine qemu = start(packed)) {
            RegisterGate registers = qemu.registersOf(DeviceType.BLOCK);
            MmioTransport transport = MmioTransport.open(registers, qemu, qemu.where(DeviceType.BLOCK));
            BlockDriver driver = BlockDriver.start(transport, qemu, options(qemu));
            Traffic traffic = new Traffic(qemu, driver, expected, QUEUES, 96);
            submit(traffic, 300);
            traffic.finish();
            int out = QUEUES - 1;
            transport.resetQueue(out, 1_000_000_000);
            for (int queue = 0; queue < QUEUES; queue++) {
                registers.write(MmioRegisters.QUEUE_SEL, 4, queue);
                assertThat(registers.read(MmioRegisters.QUEUE_RESET, 4)).isZero();
                assertThat(registers.read(MmioRegisters.QUEUE_READY, 4)).isEqualTo(queue == out ? 0 : 1);
            }
            for (int request = 0; request < 200; request++) {
                traffic.submit(request % out, random);
            }
            traffic.finish();
            assertThat(driver.resets()).isZero();
            assertThatTheImageIsAsExpected(driver);
        }
    }

    private void submit(Traffic traffic, int requests) throws IOException {
        for (int request = 0; request < requests; request++) {
            traffic.submit(request % QUEUES, random);
        }
    }
}
