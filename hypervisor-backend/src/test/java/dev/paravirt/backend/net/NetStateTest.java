// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.paravirt.backend.device.CountingInterrupt;
import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.StateBytes;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a network device keeps for its driver, on its way to another one. */
@Timeout(60)
class NetStateTest {
    private static final int PAIRS = 4;
    private static final int ROUNDS = 3000;

    private static NetOptions options() {
        return new NetOptions(NetGuest.MAC).queuePairs(PAIRS);
    }

    private static FeatureBits features() {
        return NetGuest.SPLIT.or(options().features());
    }

    /** Commands everything that there is to command. */
    private static NetGuest commanded(FeatureBits features) {
        NetGuest guest = new NetGuest(options(), features);
        for (String command : List.of(
                "00 01 01",
                "00 05 01",
                "01 00 01000000 020000000007 02000000 333300000001 333300000002",
                "01 01 020000000009",
                "02 00 0700",
                "02 00 ff0f",
                // Two pairs by a table of four, hashes of TCP, a key of three bytes.
                "04 01 02000000 0300 0100 0000 0100 0200 0300 0400 03 aabbcc",
                "05 00 0200000000000000",
                "06 01 0a000000 64000000",
                "06 02 0100 0000 05000000 06000000")) {
            assertThat(guest.control(HexFormat.of().parseHex(command.replace(" ", ""))))
                    .as(command)
                    .isZero();
        }
        return guest;
    }

    private static byte[] saved(FeatureBits features) throws IOException, InterruptedException {
        try (NetGuest guest = commanded(features)) {
            return StateBytes.pauseAndSave(guest.session);
        }
    }

    /** A device without a driver. */
    private static final class Fresh implements AutoCloseable {
        final TestMemory memory = new TestMemory();
        final QueueWorker worker = QueueWorker.start("net worker under test");
        final NetDevice device;
        final DeviceSession session;

        Fresh(NetOptions options) {
            device = new NetDevice(new NetGuest.Wire(), options);
            session = DeviceSession.start(
                    device, memory.guest(), Features.MMIO, new CountingInterrupt(), List.of(worker));
        }

        @Override
        public void close() {
            session.close();
            worker.close();
            memory.close();
        }
    }

    @Test
    void anotherDeviceKnowsAllThatWasCommanded() throws IOException, InterruptedException {
        byte[] state = saved(features());
        try (Fresh other = new Fresh(options())) {
            StateBytes.takeOver(other.session, other.memory, features(), state);
            assertThat(other.device.mac()).isEqualTo("02:00:00:00:00:09");
            // Whatever is in it came from there: its own would be without any of it.
            assertThat(StateBytes.of(other.session).save()).isEqualTo(state);
            other.session.setStatus(0);
            assertThat(other.device.mac()).isEqualTo(NetGuest.MAC);
        }
    }

    /** Each feature that a part of the state belongs to, taken away. */
    @ParameterizedTest
    @ValueSource(ints = {NetFeatures.RSS, NetFeatures.HASH_REPORT, NetFeatures.CTRL_VLAN})
    void aStateIsThatOfItsFeatures(int missing) throws IOException, InterruptedException {
        FeatureBits fewer = features().without(missing);
        byte[] state;
        try (NetGuest guest = new NetGuest(options(), fewer)) {
            state = StateBytes.pauseAndSave(guest.session);
        }
        try (Fresh other = new Fresh(options())) {
            StateBytes.takeOver(other.session, other.memory, fewer, state);
            assertThat(StateBytes.of(other.session).save()).isEqualTo(state);
        }
        // A driver that chose otherwise is another one, which starts from nothing.
        try (Fresh other = new Fresh(options())) {
            StateBytes.takeOver(other.session, other.memory, features(), state);
            assertThat(StateBytes.of(other.session).save()).isNotEqualTo(state);
        }
    }

    @Test
    void refusesWhatItCannotHave() throws IOException, InterruptedException {
        byte[] state = saved(features());
        try (Fresh fewerPairs = new Fresh(new NetOptions(NetGuest.MAC).queuePairs(PAIRS - 1));
                Fresh fewerFeatures = new Fresh(new NetOptions(NetGuest.MAC))) {
            assertThatIOException()
                    .isThrownBy(() -> StateBytes.of(fewerPairs.session).load(state))
                    .withMessageContaining("4 queue pairs");
            assertThatIOException()
                    .isThrownBy(() -> StateBytes.of(fewerFeatures.session).load(state))
                    .withMessageContaining("not offered here");
        }
    }

    /** Under a checksum that is right. What is accepted can be had, and gone on from. */
    @Test
    void damagedStatesAreRefusedOrAreStates() throws IOException, InterruptedException {
        byte[] state = saved(features());
        Random dice = new Random(3);
        int accepted = 0;
        try (Fresh other = new Fresh(options())) {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] bad = StateBytes.damage(state, dice);
                if (bad == null || !StateBytes.isAccepted(other.session, bad)) {
                    continue;
                }
                accepted++;
                StateBytes.takeOver(other.session, other.memory, features(), bad);
                assertThat(StateBytes.of(other.session).save()).isNotEmpty();
                assertThat(other.session.setStatus(0).name()).isEqualTo("DONE");
                assertThat(other.session.status()).isZero();
            }
        }
        assertThat(accepted).isBetween(ROUNDS / 100, ROUNDS);
    }
}
