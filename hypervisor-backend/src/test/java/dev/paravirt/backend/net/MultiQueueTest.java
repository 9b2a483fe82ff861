// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHash;
import dev.paravirt.spec.net.NetHeader;
import dev.paravirt.spec.net.NetQueues;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MultiQueueTest {
    private static final int PAIRS = 4;
    private static final int UDP = 17;
    private static final byte[] KEY =
            HexFormat.of().parseHex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");
    private static final byte[] ONE = {10, 0, 0, 1};
    private static final byte[] OTHER = {10, 0, 0, 2};

    private static final FeatureBits ALL =
            NetGuest.SPLIT.or(new NetOptions(NetGuest.MAC).queuePairs(PAIRS).features());
    static final List<FeatureBits> FORMATS = List.of(ALL, ALL.or(NetGuest.PACKED));

    private static NetGuest guest(FeatureBits features) {
        return new NetGuest(new NetOptions(NetGuest.MAC).queuePairs(PAIRS), features);
    }

    private static byte[] outgoing(int flow) {
        byte[] frame = Frames.ip(ONE, OTHER, UDP, Frames.ports(1000 + flow, 53));
        System.arraycopy(Frames.address(NetGuest.PEER), 0, frame, 0, 6);
        return frame;
    }

    private static byte[] incoming(int flow) {
        byte[] frame = Frames.ip(OTHER, ONE, UDP, Frames.ports(53, 1000 + flow));
        System.arraycopy(Frames.address(NetGuest.MAC), 0, frame, 0, 6);
        return frame;
    }

    private static byte[] command(int command, byte[] data) {
        return Frames.concat(new byte[] {NetControl.MQ, (byte) command}, data);
    }

    private static byte[] pairs(int count) {
        return command(NetControl.MQ_VQ_PAIRS_SET, new byte[] {(byte) count, (byte) (count >> 8)});
    }

    /** The data of RSS_CONFIG. */
    private static byte[] scaling(int types, int mask, int unclassified, int[] table, int transmitQueues, byte[] key) {
        ByteBuffer data = ByteBuffer.allocate(NetHash.rssConfigSize(table.length, key.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(types).putShort((short) mask).putShort((short) unclassified);
        for (int pair : table) {
            data.putShort((short) pair);
        }
        data.putShort((short) transmitQueues).put((byte) key.length).put(key);
        return data.array();
    }

    private static byte[] hashing(int types, byte[] key) {
        return ByteBuffer.allocate(NetHash.HASH_CONFIG_KEY + key.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(types)
                .putLong(0)
                .put((byte) key.length)
                .put(key)
                .array();
    }

    private static void assertReceived(NetGuest guest, int pair, byte[] frame) {
        guest.post(pair, 5, 2048);
        assertThat(guest.deliver(frame)).isTrue();
        assertThat(guest.receiveFrom(pair, 5)).isEqualTo(frame);
    }

    @Test
    void saysHowManyPairsThereAre() {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.config(NetConfig.MAX_VIRTQUEUE_PAIRS, 2)).isEqualTo(PAIRS);
            assertThat(guest.config(NetConfig.RSS_MAX_KEY_SIZE, 1)).isEqualTo(40);
            assertThat(guest.config(NetConfig.RSS_MAX_INDIRECTION_TABLE_LENGTH, 2))
                    .isEqualTo(128);
            assertThat(guest.config(NetConfig.SUPPORTED_HASH_TYPES, 4)).isEqualTo(0x1ff);
            assertThat(guest.session.queueCount()).isEqualTo(2 * PAIRS + 1);
        }
        FeatureBits single = new NetOptions(NetGuest.MAC).features();
        assertThat(single.has(NetFeatures.MQ) || single.has(NetFeatures.RSS)).isFalse();
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void receivesAFlowWhereItWasSent(FeatureBits features) {
        try (NetGuest guest = guest(features)) {
            // Before it was asked for, all go to the first.
            guest.send(3, outgoing(1));
            assertReceived(guest, 0, incoming(1));
            assertThat(guest.control(pairs(PAIRS))).isZero();
            for (int round = 0; round < 3; round++) {
                for (int flow = 0; flow < 8; flow++) {
                    int pair = (flow + round) % PAIRS;
                    guest.send(pair, outgoing(flow));
                    assertReceived(guest, pair, incoming(flow));
                }
            }
            assertThat(guest.control(pairs(1))).isZero();
            assertReceived(guest, 0, incoming(3));
            assertThat(guest.device.sent(2).packets()).isEqualTo(6);
            assertThat(guest.device.received(2).packets()).isEqualTo(6);
            assertThat(guest.device.received().packets()).isEqualTo(26);
            assertThat(guest.device.received().drops()).isZero();
        }
    }

    @Test
    void spreadsFlowsThatWereNotSent() {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(pairs(2))).isZero();
            for (int flow = 0; flow < 64; flow++) {
                guest.deliver(incoming(flow));
            }
            // No queue has buffers: each frame is dropped in its own.
            TestDriver.await("drops", () -> guest.device.received().overruns() == 64);
            assertThat(guest.device.received(0).overruns()).isBetween(16L, 48L);
            assertThat(guest.device.received(1).overruns()).isBetween(16L, 48L);
            // What is no IP packet goes somewhere, too.
            guest.deliver(Frames.tagged(NetGuest.MAC, NetGuest.PEER, 60, 1));
            TestDriver.await("drop", () -> guest.device.received().drops() == 65);
        }
    }

    @Test
    void passesOverAQueueThatIsBeingReset() {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(pairs(2))).isZero();
            guest.send(1, outgoing(1));
            assertReceived(guest, 1, incoming(1));
            assertThat(guest.session.resetQueue(NetQueues.receive(1))).isEqualTo(Outcome.DONE);
            TestDriver.await("reset", () -> guest.session.isQueueStopped(NetQueues.receive(1)));
            assertReceived(guest, 0, incoming(1));
        }
    }

    @Test
    void withoutSeveralPairsTheControlQueueIsTheThird() {
        FeatureBits single = ALL.without(NetFeatures.MQ).without(NetFeatures.RSS);
        try (NetGuest guest = guest(single)) {
            assertThat(guest.control((byte) NetControl.RX, (byte) NetControl.RX_PROMISC, (byte) 1))
                    .isZero();
            assertThat(guest.control(pairs(1))).isEqualTo(NetControl.ERR);
            guest.reset();
            guest.start(ALL);
            assertThat(guest.control(pairs(2))).isZero();
            guest.send(1, outgoing(1));
            assertReceived(guest, 1, incoming(1));
            guest.reset();
            guest.start(single);
            assertReceived(guest, 0, incoming(1));
        }
    }

    /** Whoever sees the command used gets no frame more in the queues that it took out of use. */
    @Test
    void aQueueOutOfUseIsQuietOnceTheCommandIsUsed() throws InterruptedException {
        // Of three workers, so that most receiveqs have another than the controlq.
        try (NetGuest guest = new NetGuest(3, new NetOptions(NetGuest.MAC).queuePairs(PAIRS), ALL)) {
            AtomicBoolean done = new AtomicBoolean();
            Thread network = Thread.startVirtualThread(() -> {
                for (int flow = 0; !done.get(); flow++) {
                    guest.deliver(incoming(flow & 63));
                }
            });
            long[] packets = new long[PAIRS];
            for (int round = 0; round < 300; round++) {
                assertThat(guest.control(pairs(PAIRS))).isZero();
                for (int pair = 1; pair < PAIRS; pair++) {
                    fill(guest, pair);
                }
                assertThat(guest.control(pairs(1))).isZero();
                for (int pair = 1; pair < PAIRS; pair++) {
                    packets[pair] = guest.device.received(pair).packets();
                }
                assertThat(guest.control(pairs(1))).isZero();
                for (int pair = 1; pair < PAIRS; pair++) {
                    assertThat(guest.device.received(pair).packets()).isEqualTo(packets[pair]);
                }
            }
            assertThat(packets[1]).isPositive();
            done.set(true);
            network.join();
        }
    }

    /** Gives a receiveq as many buffers as it has room for. */
    private static void fill(NetGuest guest, int pair) {
        DriverVirtqueue queue = guest.queue(NetQueues.receive(pair));
        int used = queue.poll();
        while (used != DriverVirtqueue.NONE) {
            used = queue.poll();
        }
        while (queue.free() > 0) {
            guest.post(pair, queue.free() % 64, 2048);
        }
    }

    @Test
    void aQueueThatIsNotServedHoldsNoCommandUp() {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(pairs(PAIRS))).isZero();
            assertThat(guest.session.resetQueue(NetQueues.receive(2))).isEqualTo(Outcome.DONE);
            TestDriver.await("reset", () -> guest.session.isQueueStopped(NetQueues.receive(2)));
            assertThat(guest.control(pairs(1))).isZero();
            assertThat(guest.control(pairs(2))).isZero();
            guest.reset();
            guest.start(ALL);
            assertReceived(guest, 0, incoming(1));
        }
    }

    /** As QEMU does with vhost-user: the device never hears of commands, but sees which queues are enabled. */
    @Test
    void usesTheQueuesThatAreEnabledIfControlIsInFront() {
        FeatureBits features =
                ALL.without(NetFeatures.CTRL_VQ).without(NetFeatures.RSS).without(NetFeatures.HASH_REPORT);
        NetOptions options = new NetOptions(NetGuest.MAC).queuePairs(PAIRS).controlInFront(true);
        try (NetGuest guest = new NetGuest(options, features)) {
            for (int pair = PAIRS - 1; pair >= 0; pair--) {
                guest.send(pair, outgoing(1));
                assertReceived(guest, pair, incoming(1));
            }
            int last = NetQueues.receive(1);
            guest.send(3, outgoing(1));
            assertThat(guest.session.resetQueue(last)).isEqualTo(Outcome.DONE);
            TestDriver.await("reset", () -> guest.session.isQueueStopped(last));
            for (int flow = 0; flow < 8; flow++) {
                assertReceived(guest, 0, incoming(flow));
            }
        }
        NetDevice strict = new NetDevice(NetBackend.discarding(), new NetOptions(NetGuest.MAC).queuePairs(PAIRS));
        assertThat(strict.accepts(features)).isFalse();
        assertThat(strict.accepts(ALL)).isTrue();
    }

    // Receive-side scaling.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aTableSaysWhereFramesGo(FeatureBits features) {
        try (NetGuest guest = guest(features)) {
            int[] table = {3, 1, 2, 2};
            byte[] data = scaling(PacketHash.SUPPORTED, 3, 1, table, PAIRS, KEY);
            assertThat(guest.control(command(NetControl.MQ_RSS_CONFIG, data))).isZero();
            for (int flow = 0; flow < 16; flow++) {
                byte[] frame = incoming(flow);
                int hash = hash(frame);
                assertReceived(guest, table[hash & 3], frame);
                ByteBuffer header = ByteBuffer.wrap(guest.header).order(ByteOrder.LITTLE_ENDIAN);
                assertThat(header.getInt(NetHeader.HASH_VALUE)).isEqualTo(hash);
                assertThat(header.getShort(NetHeader.HASH_REPORT)).isEqualTo((short) NetHash.REPORT_UDPV4);
                assertThat(header.getShort(NetHeader.NUM_BUFFERS)).isOne();
            }
            byte[] unclassified = Frames.tagged(NetGuest.MAC, NetGuest.PEER, 60, 0);
            assertThat(guest.control(new byte[] {NetControl.VLAN, 0, 0, 0})).isZero();
            assertReceived(guest, 1, unclassified);
            assertThat(ByteBuffer.wrap(guest.header).getLong(NetHeader.HASH_VALUE))
                    .isZero();
            // The last mode asked for is the one in use.
            assertThat(guest.control(pairs(1))).isZero();
            assertReceived(guest, 0, incoming(1));
        }
    }

    private static int hash(byte[] frame) {
        return PacketHash.value(
                new PacketHash(PacketHash.SUPPORTED, KEY).of(Unpooled.wrappedBuffer(frame), 0, frame.length));
    }

    @Test
    void reportsHashesWithoutScaling() {
        FeatureBits features = NetGuest.SPLIT
                .with(NetFeatures.CTRL_VQ)
                .with(NetFeatures.HASH_REPORT)
                .with(NetFeatures.MRG_RXBUF);
        try (NetGuest guest = guest(features)) {
            byte[] frame = incoming(1);
            guest.post(1, 2048);
            guest.deliver(frame);
            assertThat(guest.receive(1)).isEqualTo(frame);
            byte[] data = hashing(NetHash.TYPE_UDPV4, KEY);
            assertThat(guest.control(command(NetControl.MQ_HASH_CONFIG, data))).isZero();
            // Header and frame in pieces.
            guest.post(2, NetHeader.SIZE_HASH_REPORT + 1);
            guest.post(3, 100);
            guest.deliver(frame);
            assertThat(guest.receiveFrom(0, 2, 3)).isEqualTo(frame);
            ByteBuffer header = ByteBuffer.wrap(guest.header).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(header.getInt(NetHeader.HASH_VALUE)).isEqualTo(hash(frame));
            assertThat(header.getShort(NetHeader.NUM_BUFFERS)).isEqualTo((short) 2);
            guest.reset();
            guest.start(features);
            guest.post(4, 2048);
            guest.deliver(frame);
            assertThat(guest.receive(4)).isEqualTo(frame);
        }
    }

    /** Each with one thing wrong in what would be right. */
    static List<byte[]> wrong() {
        byte[] longKey = new byte[41];
        int[] table = {0, 1};
        byte[] right = scaling(1, 1, 0, table, 1, KEY);
        byte[] reserved = hashing(1, KEY);
        reserved[11] = 1;
        return List.of(
                command(NetControl.MQ_VQ_PAIRS_SET, new byte[0]),
                command(NetControl.MQ_VQ_PAIRS_SET, new byte[1]),
                command(NetControl.MQ_VQ_PAIRS_SET, new byte[] {1, 0, 0}),
                pairs(0),
                pairs(PAIRS + 1),
                pairs(0x8000),
                command(3, new byte[] {1, 0}),
                command(NetControl.MQ_RSS_CONFIG, new byte[0]),
                command(NetControl.MQ_RSS_CONFIG, Arrays.copyOf(right, right.length - 1)),
                command(NetControl.MQ_RSS_CONFIG, Arrays.copyOf(right, right.length + 1)),
                command(NetControl.MQ_RSS_CONFIG, Arrays.copyOf(right, 8)),
                command(NetControl.MQ_RSS_CONFIG, Arrays.copyOf(right, 14)),
                command(NetControl.MQ_RSS_CONFIG, scaling(0x200, 1, 0, table, 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 2, 0, new int[3], 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 255, 0, new int[256], 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, PAIRS, table, 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, new int[] {0, PAIRS}, 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, new int[] {0, 0xffff}, 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, table, 0, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, table, PAIRS + 1, KEY)),
                command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, table, 1, longKey)),
                command(NetControl.MQ_HASH_CONFIG, Arrays.copyOf(hashing(1, KEY), 12)),
                command(NetControl.MQ_HASH_CONFIG, Arrays.copyOf(hashing(1, KEY), 52)),
                command(NetControl.MQ_HASH_CONFIG, hashing(0x200, KEY)),
                command(NetControl.MQ_HASH_CONFIG, hashing(1, longKey)),
                command(NetControl.MQ_HASH_CONFIG, reserved));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void answersWhatCannotBeDoneWithAnError(byte[] command) {
        try (NetGuest guest = guest(ALL)) {
            assertThat(guest.control(command)).isEqualTo(NetControl.ERR);
            assertReceived(guest, 0, incoming(1));
            assertThat(guest.control(command(NetControl.MQ_RSS_CONFIG, scaling(1, 1, 0, new int[2], 1, KEY))))
                    .isZero();
            assertThat(guest.control(command(NetControl.MQ_HASH_CONFIG, hashing(1, new byte[0]))))
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {NetControl.MQ_VQ_PAIRS_SET, NetControl.MQ_RSS_CONFIG, NetControl.MQ_HASH_CONFIG})
    void answersWhatWasNotNegotiatedWithAnError(int command) {
        byte[] data = switch (command) {
            case NetControl.MQ_VQ_PAIRS_SET -> new byte[] {1, 0};
            case NetControl.MQ_RSS_CONFIG -> scaling(1, 1, 0, new int[2], 1, KEY);
            default -> hashing(1, KEY);
        };
        try (NetGuest guest = guest(NetGuest.SPLIT.with(NetFeatures.CTRL_VQ))) {
            assertThat(guest.control(command(command, data))).isEqualTo(NetControl.ERR);
        }
    }
}
