// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetQueues;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class CoalescingTest {
    private static final int PAIRS = 2;

    /** Over an hour: as good as never. */
    private static final int NEVER = -1;

    private static final FeatureBits ALL = NetGuest.SPLIT
            .or(new NetOptions(NetGuest.MAC).queuePairs(PAIRS).features())
            .without(NetFeatures.HASH_REPORT);
    static final List<FeatureBits> FORMATS = List.of(ALL, ALL.or(NetGuest.PACKED));

    private static final byte[] FRAME = Frames.frame(NetGuest.MAC, NetGuest.PEER, 60);

    private static NetGuest guest(FeatureBits features) {
        return new NetGuest(new NetOptions(NetGuest.MAC).queuePairs(PAIRS), features);
    }

    private static byte[] command(int command, byte[] data) {
        return Frames.concat(new byte[] {NetControl.NOTF_COAL, (byte) command}, data);
    }

    private static byte[] all(int command, int packets, int micros) {
        return command(command, parameters(packets, micros));
    }

    private static byte[] parameters(int packets, int micros) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(packets)
                .putInt(micros)
                .array();
    }

    private static byte[] one(int queue, int packets, int micros) {
        byte[] index = {(byte) queue, (byte) (queue >> 8), 9, 9};
        return command(NetControl.NOTF_COAL_VQ_SET, Frames.concat(index, parameters(packets, micros)));
    }

    private static byte[] get(int queue) {
        return command(NetControl.NOTF_COAL_VQ_GET, new byte[] {(byte) queue, (byte) (queue >> 8), 0, 0});
    }

    private static void assertParameters(NetGuest guest, int queue, int packets, int micros) {
        assertThat(guest.control(get(queue))).isZero();
        assertThat(guest.result(NetControl.COAL_SIZE)).isEqualTo(parameters(packets, micros));
    }

    private static long interrupts(NetGuest guest, int queue) {
        return guest.session.counters(queue).interrupts();
    }

    /** Receives a frame by polling. */
    private static void receive(NetGuest guest) {
        guest.queue(0).enableUsedNotifications();
        guest.post(1, 2048);
        guest.deliver(FRAME);
        assertThat(guest.receive(1)).isEqualTo(FRAME);
    }

    /** The worker has been round once more: what it had to do after the last frame is done. */
    private static void settle(NetGuest guest) {
        assertThat(guest.control(get(0))).isZero();
        assertThat(guest.control(get(0))).isZero();
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void notifiesOnceForSoManyPackets(FeatureBits features) {
        try (NetGuest guest = guest(features)) {
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, 4, NEVER)))
                    .isZero();
            assertThat(guest.control(all(NetControl.NOTF_COAL_TX_SET, 3, NEVER)))
                    .isZero();
            long received = interrupts(guest, 0);
            long sent = interrupts(guest, 1);
            for (int frame = 1; frame <= 8; frame++) {
                receive(guest);
                settle(guest);
                assertThat(interrupts(guest, 0)).as("after %d frames", frame).isEqualTo(received + frame / 4);
            }
            for (int frame = 1; frame <= 9; frame++) {
                guest.queue(1).enableUsedNotifications();
                guest.send(FRAME);
                settle(guest);
                assertThat(interrupts(guest, 1)).as("after %d frames", frame).isEqualTo(sent + frame / 3);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void notifiesAfterATime(FeatureBits features) {
        try (NetGuest guest = guest(features)) {
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, NEVER, 1500)))
                    .isZero();
            for (int round = 0; round < 20; round++) {
                long before = interrupts(guest, 0);
                receive(guest);
                // By itself: nothing wakes the worker.
                TestDriver.await("notification", () -> interrupts(guest, 0) == before + 1);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void notifiesAtOnceWithoutBothParameters(FeatureBits features) {
        try (NetGuest guest = guest(features)) {
            for (byte[] command :
                    List.of(all(NetControl.NOTF_COAL_RX_SET, 0, NEVER), all(NetControl.NOTF_COAL_RX_SET, NEVER, 0))) {
                assertThat(guest.control(command)).isZero();
                long before = interrupts(guest, 0);
                receive(guest);
                TestDriver.await("notification", () -> interrupts(guest, 0) == before + 1);
            }
        }
    }

    @Test
    void newParametersHoldForWhatWaits() {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(one(0, 10, NEVER))).isZero();
            long before = interrupts(guest, 0);
            receive(guest);
            receive(guest);
            settle(guest);
            assertThat(guest.control(one(0, 3, NEVER))).isZero();
            settle(guest);
            assertThat(interrupts(guest, 0)).isEqualTo(before);
            assertThat(guest.control(one(0, 2, NEVER))).isZero();
            TestDriver.await("notification", () -> interrupts(guest, 0) == before + 1);
        }
    }

    /** The specification's example. */
    @Test
    void theLastCommandCounts() {
        try (NetGuest guest = guest(ALL)) {
            assertParameters(guest, 3, 0, 0);
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, 15, 10))).isZero();
            assertThat(guest.control(one(0, 16, 11))).isZero();
            assertParameters(guest, 0, 16, 11);
            assertParameters(guest, 2, 15, 10);
            assertThat(guest.control(one(1, 17, 12))).isZero();
            assertParameters(guest, 1, 17, 12);
            assertParameters(guest, 3, 0, 0);
            assertThat(guest.control(all(NetControl.NOTF_COAL_TX_SET, 18, 13))).isZero();
            assertParameters(guest, 1, 18, 13);
            assertParameters(guest, 3, 18, 13);
        }
    }

    @Test
    void aQueueSetUpAgainHasTheParametersOfItsKind() {
        try (NetGuest guest = guest(ALL)) {
            int queue = NetQueues.receive(1);
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, 15, 10))).isZero();
            assertThat(guest.control(one(queue, 16, 11))).isZero();
            assertThat(guest.session.resetQueue(queue)).isEqualTo(Outcome.DONE);
            assertThat(guest.control(get(queue))).isEqualTo(NetControl.ERR);
            assertThat(guest.control(one(queue, 16, 11))).isEqualTo(NetControl.ERR);
            TestDriver.await("reset", () -> guest.session.isQueueStopped(queue));
            DriverVirtqueue ring = guest.queue(queue);
            assertThat(guest.session.setUpQueue(
                            queue, ring.size(), ring.descriptorArea(), ring.driverArea(), ring.deviceArea()))
                    .isEqualTo(Outcome.DONE);
            assertParameters(guest, queue, 15, 10);
            guest.reset();
            guest.start(ALL);
            assertParameters(guest, queue, 0, 0);
        }
    }

    static List<byte[]> wrong() {
        byte[] right = parameters(1, 1);
        return List.of(
                command(NetControl.NOTF_COAL_RX_SET, new byte[0]),
                command(NetControl.NOTF_COAL_RX_SET, Arrays.copyOf(right, 7)),
                command(NetControl.NOTF_COAL_TX_SET, Arrays.copyOf(right, 9)),
                command(NetControl.NOTF_COAL_VQ_SET, right),
                command(NetControl.NOTF_COAL_VQ_SET, new byte[13]),
                command(NetControl.NOTF_COAL_VQ_GET, new byte[0]),
                command(NetControl.NOTF_COAL_VQ_GET, new byte[3]),
                command(NetControl.NOTF_COAL_VQ_GET, new byte[5]),
                one(2 * PAIRS, 1, 1),
                one(0xffff, 1, 1),
                get(2 * PAIRS),
                get(0xffff),
                command(4, right));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void answersWhatCannotBeDoneWithAnError(byte[] command) {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(command)).isEqualTo(NetControl.ERR);
            assertParameters(guest, 0, 0, 0);
        }
    }

    @Test
    void eachHalfIsAFeatureOfItsOwn() {
        try (NetGuest guest = guest(ALL.without(NetFeatures.NOTF_COAL))) {
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, 1, 1))).isEqualTo(NetControl.ERR);
            assertThat(guest.control(all(NetControl.NOTF_COAL_TX_SET, 1, 1))).isEqualTo(NetControl.ERR);
            assertThat(guest.control(one(0, 1, 1))).isZero();
        }
        try (NetGuest guest = guest(ALL.without(NetFeatures.VQ_NOTF_COAL))) {
            assertThat(guest.control(one(0, 1, 1))).isEqualTo(NetControl.ERR);
            assertThat(guest.control(get(0))).isEqualTo(NetControl.ERR);
            assertThat(guest.control(all(NetControl.NOTF_COAL_RX_SET, 1, 1))).isZero();
        }
        // The control queue is the third one, and not to be taken for a receiveq.
        try (NetGuest guest = guest(ALL.without(NetFeatures.MQ).without(NetFeatures.RSS))) {
            assertThat(guest.control(one(2, 1, 1))).isEqualTo(NetControl.ERR);
        }
    }
}
