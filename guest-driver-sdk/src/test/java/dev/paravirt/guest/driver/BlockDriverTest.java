// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the driver does with a device that behaves. */
class BlockDriverTest {
    static Stream<Arguments> everyRing() {
        return Stream.of(Rig.Way.values())
                .flatMap(way -> Stream.iterate(0, i -> i + 1)
                        .limit(Rig.RING_COMBINATIONS)
                        .map(combination -> Arguments.of(way, combination)));
    }

    @ParameterizedTest
    @MethodSource("everyRing")
    void doesEveryOperationOverEveryRing(Rig.Way way, int combination) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT.withFeatures(Rig.ringFeatures(combination)));
        DmaBuffer written = rig.buffer(8, combination);
        driver.write(16, written);
        assertThat(rig.onDisk(16, 8)).isEqualTo(Rig.bytes(written));
        DmaBuffer read = rig.buffer(8, -1);
        driver.read(16, read);
        assertThat(Rig.bytes(read)).isEqualTo(Rig.bytes(written));
        driver.flush();
        assertThat(rig.device.flushes).isEqualTo(1);
        driver.writeZeroes(16, 2, true);
        driver.writeZeroes(18, 2, false);
        driver.discard(20, 1);
        driver.secureErase(21, 1);
        assertThat(rig.onDisk(16, 4)).containsOnly(0);
        assertThat(rig.onDisk(20, 1)).containsOnly(BlkRequest.T_DISCARD);
        assertThat(rig.onDisk(21, 1)).containsOnly(BlkRequest.T_SECURE_ERASE);
        assertThat(rig.device.log)
                .contains("write zeroes flags 1", "write zeroes flags 0", "discard flags 0", "secure erase flags 0");
        assertThat(driver.deviceId()).isEqualTo("fake disk?");
        assertThat(driver.lifetime()).isEqualTo(new BlockLifetime(2, 3, 4));
        assertThat(driver.completions(0)).isEqualTo(9);
    }

    @ParameterizedTest
    @MethodSource("everyRing")
    void keepsManyRequestsUnderWay(Rig.Way way, int combination) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT
                .withFeatures(Rig.ringFeatures(combination))
                .withQueues(1, 64)
                .withSegments(1));
        DmaBuffer[] buffers = new DmaBuffer[driver.depth(0)];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = rig.buffer(1, i);
        }
        for (int round = 0; round < 40; round++) {
            Set<Integer> tokens = new HashSet<>();
            int before = rig.device.notifications;
            int submitted = 0;
            int token = driver.submitWrite(0, round, buffers[0]);
            while (token != BlockDriver.FULL) {
                assertThat(tokens.add(token)).isTrue();
                submitted++;
                token = driver.submitWrite(0, submitted + round, buffers[submitted % buffers.length]);
            }
            assertThat(submitted).isGreaterThanOrEqualTo(64 / 3);
            assertThat(driver.kick(0)).isTrue();
            assertThat(rig.device.notifications - before).isEqualTo(1);
            for (int i = 0; i < submitted; i++) {
                assertThat(driver.await(0, -1)).isTrue();
                int completed = driver.poll(0);
                assertThat(tokens.remove(completed)).isTrue();
                assertThat(driver.status(0, completed)).isEqualTo(BlkStatus.OK);
            }
            assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
            assertThat(driver.await(0, -1)).isFalse();
            assertThat(rig.onDisk(round, 1)).isEqualTo(Rig.bytes(buffers[0]));
        }
        assertThat(driver.notifications(0)).isEqualTo(40);
    }

    @Test
    void dividesWhatTheDeviceWantsInPieces() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.device.config.putInt(BlkConfig.SIZE_MAX, 1000);
        rig.device.config.putInt(BlkConfig.SEG_MAX, 4);
        BlockDriver driver = rig.start();
        assertThat(driver.limits().maxSegments()).isEqualTo(4);
        assertThat(driver.limits().maxSegmentBytes()).isEqualTo(1000);
        assertThat(driver.limits().maxTransferBytes()).isEqualTo(3584);
        DmaBuffer large = rig.buffer(100, 5);
        driver.write(3, large);
        assertThat(rig.onDisk(3, 100)).isEqualTo(Rig.bytes(large));
        assertThat(rig.device.types).hasSize(15).containsOnly(BlkRequest.T_OUT);
        assertThatThrownBy(() -> driver.submitWrite(0, 3, large))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3584");
        BufferChain five = new BufferChain(5);
        for (int piece = 0; piece < 4; piece++) {
            five.addWritable(large.address(), 256);
        }
        int token = driver.submitRead(0, 0, five);
        assertThat(token).isNotNegative();
        five.clear().addWritable(large.address(), 1001).addWritable(large.address() + 1001, 535);
        assertThat(driver.submitRead(0, 0, five)).isNotNegative();
        five.clear();
        for (int piece = 0; piece < 3; piece++) {
            five.addWritable(large.address(), 512);
        }
        five.addWritable(large.address(), 1024);
        assertThatThrownBy(() -> driver.submitRead(0, 0, five)).hasMessageContaining("5 pieces");
    }

    @Test
    void takesScatteredBuffers() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start();
        DmaBuffer memory = rig.buffer(4, 9);
        BufferChain pieces = new BufferChain(8);
        pieces.addReadable(memory.slice(1024, 100)).addReadable(memory.slice(0, 412));
        int token = driver.submitWrite(0, 7, pieces);
        pieces.clear().addWritable(memory.slice(1536, 511)).addWritable(memory.slice(600, 1));
        driver.kick(0);
        int second = driver.submitRead(0, 7, pieces);
        driver.kick(0);
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.poll(0)).isEqualTo(second);
        byte[] disk = rig.onDisk(7, 1);
        for (int at = 0; at < 512; at++) {
            assertThat(disk[at]).isEqualTo(Rig.pattern(9, at < 100 ? 1024 + at : at - 100));
            assertThat(memory.getByte(at < 511 ? 1536 + at : 600)).isEqualTo(disk[at]);
        }
        assertThatThrownBy(() -> driver.submitWrite(0, 7, pieces))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the device reads all pieces of a write");
    }

    @Test
    void mixesBlockingAndAsynchronousRequests() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT.withQueues(1, 4));
        DmaBuffer buffer = rig.buffer(1, 1);
        int submitted = 0;
        while (driver.submitRead(0, submitted, buffer) != BlockDriver.FULL) {
            submitted++;
        }
        assertThat(submitted).isEqualTo(4);
        driver.flush();
        driver.write(5, rig.buffer(1, 2));
        assertThat(rig.device.flushes).isEqualTo(1);
        for (int i = 0; i < submitted; i++) {
            assertThat(driver.poll(0)).isNotNegative();
        }
        assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
    }

    @Test
    void refusesEarlyWhatTheDeviceWould() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.device.features = rig.device
                .features
                .with(BlkFeatures.RO)
                .without(BlkFeatures.LIFETIME)
                .without(BlkFeatures.CONFIG_WCE);
        BlockDriver driver = rig.start();
        DmaBuffer buffer = rig.buffer(2, 1);
        assertThat(driver.readOnly()).isTrue();
        driver.read(0, buffer);
        assertThatThrownBy(() -> driver.write(4, buffer))
                .isInstanceOfSatisfying(BlockIoException.class, failure -> {
                    assertThat(failure.device()).isEqualTo("block device 1");
                    assertThat(failure.operation()).isEqualTo(BlkRequest.T_OUT);
                    assertThat(failure.sector()).isEqualTo(4);
                    assertThat(failure.status()).isEqualTo(BlockIoException.NOT_MADE);
                })
                .hasMessage("block device 1: write at sector 4: the device is read-only");
        assertThatThrownBy(() -> driver.submitDiscard(0, 0, 1)).hasMessageContaining("read-only");
        assertThatThrownBy(driver::lifetime).hasMessageContaining("VIRTIO_BLK_F_LIFETIME was not negotiated");
        assertThatThrownBy(() -> driver.setWriteback(true)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> driver.read(FakeBlockDevice.SECTORS - 1, buffer))
                .hasMessageContaining("has 4096");
        assertThatThrownBy(() -> driver.read(-1, buffer)).isInstanceOf(BlockIoException.class);
        assertThatThrownBy(() -> driver.read(Long.MAX_VALUE, buffer)).isInstanceOf(BlockIoException.class);
        assertThatThrownBy(() -> driver.read(0, buffer.slice(0, 511))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> driver.submitRead(0, 0, buffer.slice(0, 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> driver.discard(0, 1025)).isInstanceOf(IllegalArgumentException.class);
        assertThat(rig.device.types).containsExactly(BlkRequest.T_IN);
    }

    @ParameterizedTest
    @EnumSource
    void aFailedRequestNamesDeviceOperationAndSector(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start();
        rig.device.answer = BlkStatus.IOERR;
        assertThatThrownBy(() -> driver.read(77, rig.buffer(1, 0)))
                .isInstanceOf(BlockIoException.class)
                .hasMessageStartingWith("block device")
                .hasMessageEndingWith(": read at sector 77: I/O error");
        rig.device.answer = BlkStatus.UNSUPP;
        int token = driver.submitFlush(0);
        driver.kick(0);
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.failure(0, token))
                .hasMessageEndingWith(": flush: not supported by the device")
                .extracting(BlockIoException::status)
                .isEqualTo(BlkStatus.UNSUPP);
    }

    @Test
    void aDeviceWithoutFlushNeedsNone() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(
                BlockDriverOptions.DEFAULT.withFeatures(Rig.ringFeatures(3).without(BlkFeatures.FLUSH)));
        driver.flush();
        int token = driver.submitFlush(0);
        assertThat(driver.kick(0)).isFalse();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isZero();
        assertThat(rig.device.types).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void switchesTheWriteCache(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start();
        assertThat(driver.setWriteback(true)).isTrue();
        assertThat(rig.device.config.get(BlkConfig.WRITEBACK)).isEqualTo((byte) 1);
        assertThat(driver.setWriteback(false)).isFalse();
        assertThat(rig.device.config.get(BlkConfig.WRITEBACK)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void noticesAResize(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT.withSpin(0));
        rig.device.config.putLong(BlkConfig.CAPACITY, 8);
        rig.device.configurationChanged();
        assertThat(driver.capacity()).isEqualTo(4096);
        rig.device.stalls = type -> true;
        int lost = driver.submitFlush(0);
        driver.kick(0);
        assertThat(driver.await(0, 1_000_000)).isFalse();
        assertThat(driver.capacity()).isEqualTo(8);
        assertThat(lost).isNotNegative();
        rig.device.config.putLong(BlkConfig.CAPACITY, 80);
        driver.interrupted(2);
        assertThat(driver.capacity()).isEqualTo(way == Rig.Way.HYPERCALL ? 80 : 8);
        rig.device.configurationChanged();
        driver.interrupted(2);
        assertThat(driver.capacity()).isEqualTo(80);
    }

    @Test
    void usesSeveralQueuesAndLines() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(
                BlockDriverOptions.DEFAULT.withQueues(4, 32).withLines(1, 2).withSpin(0));
        assertThat(driver.queues()).isEqualTo(2);
        assertThat(rig.device.configLine).isEqualTo(1);
        assertThat(rig.device.setups)
                .extracting(setup -> setup == null ? 0 : setup.line())
                .containsExactly(1, 2, 0, 0);
        DmaBuffer buffer = rig.buffer(1, 3);
        for (int queue = 0; queue < 2; queue++) {
            int token = driver.submitWrite(queue, queue, buffer);
            driver.kick(queue);
            assertThat(driver.await(queue, -1)).isTrue();
            assertThat(driver.poll(queue)).isEqualTo(token);
            assertThat(driver.poll(1 - queue)).isEqualTo(BlockDriver.NONE);
            assertThat(driver.notifications(queue)).isEqualTo(1);
        }
    }

    @Test
    void waitsByInterruptWhereNothingComesAtOnce() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start();
        rig.device.notes = false; // and so it only works while the driver waits
        driver.write(1, rig.buffer(1, 4));
        assertThat(rig.machine.waits).isEqualTo(1);
        assertThat(driver.interrupts(0)).isEqualTo(1);
    }

    @Test
    void saysWhatTheDeviceSaid() throws IOException {
        Rig rig = new Rig(Rig.Way.MMIO);
        rig.device.config.put(BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP, (byte) 3);
        rig.device.config.put(BlkConfig.TOPOLOGY_ALIGNMENT_OFFSET, (byte) 1);
        rig.device.config.putShort(BlkConfig.TOPOLOGY_MIN_IO_SIZE, (short) 2);
        rig.device.config.putInt(BlkConfig.TOPOLOGY_OPT_IO_SIZE, 256);
        BlockLimits limits = rig.start().limits();
        assertThat(limits)
                .isEqualTo(
                        new BlockLimits(4096, 32768, 1, 2, 256, 1 << 20, 30, 30 << 20, 1024, 1, 1024, true, 1024, 1));
    }

    @Test
    void stopsForGood() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start();
        rig.device.stalls = type -> true;
        int token = driver.submitRead(0, 0, rig.buffer(1, 0));
        driver.kick(0);
        driver.stop();
        assertThat(rig.device.status).isZero();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isEqualTo(BlockIoException.LOST);
        assertThatThrownBy(driver::flush).hasMessageContaining("stopped");
    }
}
