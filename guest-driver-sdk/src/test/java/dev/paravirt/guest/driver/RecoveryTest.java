// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of requests when their device fails. */
class RecoveryTest {
    private static final BlockDriverOptions OPTIONS = BlockDriverOptions.DEFAULT.withSpin(0);

    private Loss loss = Loss.NONE;

    @ParameterizedTest
    @EnumSource
    void aRequestThatNobodyAnswersIsMadeAgain(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.stalls = type -> rig.device.resets == 1;
        DmaBuffer buffer = rig.buffer(4, 6);
        driver.write(10, buffer);
        assertThat(rig.onDisk(10, 4)).isEqualTo(Rig.bytes(buffer));
        assertThat(driver.resets()).isEqualTo(1);
        assertThat(rig.device.types).containsExactly(BlkRequest.T_OUT, BlkRequest.T_OUT);
    }

    @Test
    void allThatWereUnderWayAreMadeAgainInTheirOrder() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(OPTIONS.withQueues(2, 256));
        List<Integer> tokens = new ArrayList<>();
        rig.device.stalls = type -> true;
        DmaBuffer buffer = rig.buffer(1, 8);
        tokens.add(driver.submitWrite(0, 1, buffer));
        tokens.add(driver.submitRead(0, 2, buffer));
        tokens.add(driver.submitFlush(0));
        tokens.add(driver.submitDiscard(0, 3, 1));
        driver.kick(0);
        tokens.add(driver.submitWriteZeroes(0, 4, 1, true)); // submitted, and never shown to the device
        int other = driver.submitRead(1, 5, buffer);
        driver.kick(1);

        rig.device.stalls = type -> false;
        rig.device.types.clear();
        rig.device.needsReset();
        assertThat(driver.await(0, -1)).isTrue();
        for (int token : tokens) {
            assertThat(driver.poll(0)).isEqualTo(token);
            assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
        }
        assertThat(driver.poll(1)).isEqualTo(other);
        assertThat(rig.device.types)
                .containsExactly(
                        BlkRequest.T_OUT,
                        BlkRequest.T_IN,
                        BlkRequest.T_FLUSH,
                        BlkRequest.T_DISCARD,
                        BlkRequest.T_WRITE_ZEROES,
                        BlkRequest.T_IN);
        assertThat(driver.resets()).isEqualTo(1);
    }

    @Test
    void aSecureEraseIsNotMadeAgain() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.stalls = type -> type == BlkRequest.T_SECURE_ERASE;
        assertThatThrownBy(() -> driver.secureErase(40, 2))
                .isInstanceOfSatisfying(
                        BlockIoException.class,
                        failure -> assertThat(failure.status()).isEqualTo(BlockIoException.LOST))
                .hasMessageStartingWith("block device 1: secure erase at sector 40: the device was reset");
        assertThat(rig.device.types).containsExactly(BlkRequest.T_SECURE_ERASE);
        driver.flush();
    }

    @Test
    void theCacheModeSurvivesAReset() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        rig.device.config.put(BlkConfig.WRITEBACK, (byte) BlkConfig.WRITEBACK_CACHE);
        BlockDriver driver = rig.start(OPTIONS);
        assertThat(driver.setWriteback(false)).isFalse();
        rig.device.stalls = type -> rig.device.resets == 1;
        int read = driver.submitRead(0, 7, rig.buffer(1, 1));
        driver.kick(0);
        rig.device.config.put(BlkConfig.WRITEBACK, (byte) BlkConfig.WRITEBACK_CACHE);
        rig.device.needsReset();
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(read);
        assertThat(driver.resets()).isEqualTo(1);
        assertThat(rig.device.config.get(BlkConfig.WRITEBACK)).isEqualTo((byte) BlkConfig.WRITETHROUGH);
    }

    @Test
    void whatASmallerDeviceNoLongerHoldsIsLost() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.stalls = type -> rig.device.resets == 1;
        DmaBuffer buffer = rig.buffer(1, 1);
        int inside = driver.submitRead(0, 7, buffer);
        int outside = driver.submitRead(0, 8, buffer);
        driver.kick(0);
        rig.device.config.putLong(BlkConfig.CAPACITY, 8);
        rig.device.needsReset();
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(outside);
        assertThat(driver.status(0, outside)).isEqualTo(BlockIoException.LOST);
        assertThat(driver.poll(0)).isEqualTo(inside);
        assertThat(driver.status(0, inside)).isEqualTo(BlkStatus.OK);
        assertThat(driver.capacity()).isEqualTo(8);
    }

    @Test
    void oneRequestThatAlwaysStallsFailsWhileOthersGoOn() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(OPTIONS.withRecovery(true, 2, 3));
        rig.device.stalls = type -> type == BlkRequest.T_OUT;
        DmaBuffer buffer = rig.buffer(1, 1);
        int poison = driver.submitWrite(0, 9, buffer);
        driver.kick(0);
        int completed = BlockDriver.NONE;
        int others = 0;
        while (completed != poison) {
            int read = driver.submitRead(0, others, buffer);
            assertThat(read).isNotEqualTo(poison);
            driver.kick(0);
            assertThat(driver.await(0, -1)).isTrue();
            completed = driver.poll(0);
            others++;
            if (completed != poison) {
                assertThat(driver.status(0, completed)).isEqualTo(BlkStatus.OK);
                driver.await(0, 10_000_000_000L);
            }
        }
        assertThat(driver.status(0, poison)).isEqualTo(BlockIoException.LOST);
        assertThat(driver.resets()).isEqualTo(3);
        assertThat(others).isGreaterThan(3);
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceThatNeverCompletesAResetIsAbandoned(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.neverResets = true;
        rig.device.stalls = type -> true;
        int token = driver.submitRead(0, 0, rig.buffer(1, 1));
        driver.kick(0);
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isEqualTo(BlockIoException.ABANDONED);
        assertThat(driver.failure(0, token)).hasMessageContaining("has not completed its reset");
        assertThatThrownBy(driver::flush).hasMessageContaining("has not completed its reset");
        assertThat(driver.kick(0)).isFalse();
        assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
        assertThat(rig.device.resets).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceThatAlwaysAsksForAResetIsGivenUp(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS.withRecovery(true, 100, 5));
        rig.device.beforeEachRequest = rig.device::needsReset;
        rig.device.stalls = type -> true;
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1)))
                .isInstanceOfSatisfying(
                        BlockIoException.class,
                        failure -> assertThat(failure.status()).isEqualTo(BlockIoException.LOST))
                .hasMessageContaining("reset 5 times");
        assertThat(driver.resets()).isEqualTo(5);
        assertThat(rig.device.status).isZero();
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1)))
                .isInstanceOfSatisfying(
                        BlockIoException.class,
                        failure -> assertThat(failure.status()).isEqualTo(BlockIoException.NOT_MADE));
    }

    /** Neither are its resets in vain nor do the requests have to do with it. */
    @Test
    void aDeviceIsNotGivenUpHoweverOftenItIsLost() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = BlockDriver.start(losing(rig.transport()), rig.machine, OPTIONS.withRecovery(true, 1, 2));
        rig.device.stalls = type -> true;
        DmaBuffer buffer = rig.buffer(1, 3);
        int token = driver.submitWrite(0, 9, buffer);
        driver.kick(0);
        for (int losses = 1; losses <= 5; losses++) {
            loss = Loss.OVER;
            assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
            assertThat(driver.resets()).isEqualTo(losses);
        }
        rig.device.needsReset();
        rig.device.stalls = type -> false;
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
        assertThat(rig.onDisk(9, 1)).isEqualTo(Rig.bytes(buffer));
        assertThat(driver.resets()).isEqualTo(6);
    }

    @Test
    void lossesDoNotHideThatADeviceFails() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver =
                BlockDriver.start(losing(rig.transport()), rig.machine, OPTIONS.withRecovery(true, 100, 2));
        rig.device.stalls = type -> true;
        int token = driver.submitRead(0, 9, rig.buffer(1, 3));
        driver.kick(0);
        for (int round = 1; round <= 3; round++) {
            loss = Loss.OVER;
            assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
            rig.device.needsReset();
            assertThat(driver.await(0, 1_000_000)).isEqualTo(round == 3);
        }
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.failure(0, token)).hasMessageContaining("reset 2 times");
        assertThat(driver.resets()).isEqualTo(5);
    }

    /** A reset would wait, so those who only look do not begin one, and no request is late. */
    @Test
    void whoOnlyLooksFindsNothingWhileThereIsNoDevice() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = BlockDriver.start(losing(rig.transport()), rig.machine, OPTIONS.withTimeout(1_000));
        rig.device.stalls = type -> rig.device.resets == 1;
        int token = driver.submitRead(0, 9, rig.buffer(1, 3));
        driver.kick(0);
        loss = Loss.LASTING;
        for (int look = 0; look < 100; look++) {
            assertThat(driver.await(0, 0)).isFalse();
            assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
        }
        assertThat(driver.resets()).isZero();
        loss = Loss.OVER;
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
        assertThat(driver.resets()).isEqualTo(1);
    }

    /** A transport that says whether its device is lost as the test does, until the next reset. */
    private Transport losing(Transport transport) {
        return (Transport) Proxy.newProxyInstance(
                Transport.class.getClassLoader(), new Class<?>[] {Transport.class}, (self, method, given) -> {
                    if (method.getName().equals("loss")) {
                        return loss;
                    }
                    if (method.getName().equals("reset")) {
                        loss = Loss.NONE;
                    }
                    return method.invoke(transport, given);
                });
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceThatNeverStartsAgainIsGivenUp(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.needsResetAtOnce = true;
        rig.device.needsReset();
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1))).hasMessageContaining("did not start");
        assertThat(driver.resets()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void aDeviceThatComesBackAsAnotherIsGivenUp(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS);
        rig.device.features = rig.device.features.without(BlkFeatures.FLUSH);
        rig.device.needsReset();
        assertThatThrownBy(() -> driver.read(0, rig.buffer(1, 1))).hasMessageContaining("other properties");
        assertThat(rig.device.status).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void oneQueueIsResetAndTheOtherGoesOn(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(OPTIONS.withQueues(2, 64));
        DmaBuffer buffer = rig.buffer(1, 4);
        rig.device.stalls = type -> true;
        int reset = driver.submitWrite(1, 11, buffer);
        driver.kick(1);
        int other = driver.submitRead(0, 12, buffer);
        driver.kick(0);
        rig.device.stalls = type -> false;
        rig.device.log.clear();
        driver.resetQueue(1);
        assertThat(rig.device.log).containsExactly("queue 1 of 64");
        assertThat(driver.await(1, -1)).isTrue();
        assertThat(driver.poll(1)).isEqualTo(reset);
        assertThat(driver.status(1, reset)).isEqualTo(BlkStatus.OK);
        assertThat(rig.onDisk(11, 1)).isEqualTo(Rig.bytes(buffer));
        assertThat(driver.underWay(0)).isEqualTo(1);
        assertThat(driver.resets()).isZero();
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(other);
        assertThat(driver.resets()).isEqualTo(1);
    }

    @Test
    void withoutAutomaticRecoveryTheOwnerIsAsked() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        BlockDriver driver = rig.start(OPTIONS.withRecovery(false, 1, 1));
        rig.device.stalls = type -> rig.device.resets == 1;
        int token = driver.submitRead(0, 3, rig.buffer(1, 1));
        driver.kick(0);
        assertThat(driver.await(0, -1)).isFalse();
        assertThat(driver.needsRecovery()).isTrue();
        assertThat(driver.poll(0)).isEqualTo(BlockDriver.NONE);
        assertThat(driver.await(0, -1)).isFalse();
        assertThatThrownBy(() -> driver.submitFlush(0)).hasMessageContaining("was not completed within 30000 ms");
        assertThat(rig.device.resets).isEqualTo(1);
        driver.recover();
        assertThat(driver.needsRecovery()).isFalse();
        assertThat(driver.await(0, -1)).isTrue();
        assertThat(driver.poll(0)).isEqualTo(token);
        assertThat(driver.status(0, token)).isEqualTo(BlkStatus.OK);
    }
}
