// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static dev.paravirt.backend.net.LargeFrames.TCP;
import static dev.paravirt.backend.net.LargeFrames.UDP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class OffloadTest {
    private static final FeatureBits ALL = NetGuest.SPLIT
            .or(new NetOptions(NetGuest.MAC).features())
            .without(NetFeatures.HASH_REPORT)
            .without(NetFeatures.CTRL_RX);
    private static final FeatureBits OFFLOADS = OffloadCommands.HOST.or(OffloadCommands.GUEST);
    private static final int MSS = 1400;
    private static final int LARGE = 65000;

    private static NetGuest guest(FeatureBits backend, FeatureBits features) {
        return new NetGuest(new NetGuest.Wire(backend), new NetOptions(NetGuest.MAC), features);
    }

    private static void sendWith(NetGuest guest, byte[] header, byte[] frame) {
        guest.sendRaw(Frames.concat(header, frame));
    }

    // Sent frames.

    @ParameterizedTest
    @CsvSource({"4, 6, 100", "4, 6, 101", "4, 17, 0", "6, 6, 1000", "6, 17, 777"})
    void completesAChecksum(int version, int protocol, int payload) {
        try (NetGuest guest = guest(FeatureBits.NONE, ALL)) {
            byte[] frame = LargeFrames.frame(version, protocol, payload);
            sendWith(guest, LargeFrames.header(version, protocol, 0), frame);
            byte[] sent = guest.wire.sent.getFirst();
            LargeFrames.assertChecksums(version, protocol, sent);
            int checksum = LargeFrames.transport(version) + LargeFrames.checksumOffset(protocol);
            sent[checksum] = frame[checksum];
            sent[checksum + 1] = frame[checksum + 1];
            assertThat(sent).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4, 6, 1400, 65000",
        "4, 6, 1400, 1400",
        "4, 6, 1, 1500",
        "4, 6, 999, 10000",
        "4, 17, 1400, 65000",
        "6, 6, 1400, 65000",
        "6, 17, 101, 10000",
        "6, 17, 1400, 10"
    })
    void cutsALargeFrame(int version, int protocol, int mss, int payload) {
        try (NetGuest guest = guest(FeatureBits.NONE, ALL)) {
            byte[] frame = LargeFrames.frame(version, protocol, payload);
            sendWith(guest, LargeFrames.header(version, protocol, mss), frame);
            LargeFrames.assertSegments(version, protocol, mss, frame, guest.wire.sent);
            assertThat(guest.device.sent().packets()).isEqualTo(guest.wire.sent.size());
            assertThat(guest.device.sent().drops()).isZero();
        }
    }

    @Test
    void passesOnWhatTheBackendDoesItself() {
        try (NetGuest guest = guest(OFFLOADS, ALL)) {
            byte[] frame = LargeFrames.frame(4, TCP, LARGE);
            // What the driver says of the headers' length is not believed, nor are flags that it must not set.
            byte[] header = LargeFrames.header(4, TCP, MSS);
            header[NetHeader.HDR_LEN] = 1;
            header[NetHeader.FLAGS] |= NetHeader.F_DATA_VALID | NetHeader.F_RSC_INFO;
            header[NetHeader.NUM_BUFFERS] = 9;
            sendWith(guest, header, frame);
            assertThat(guest.wire.sent.getFirst()).isEqualTo(Frames.concat(LargeFrames.header(4, TCP, MSS), frame));
            byte[] small = LargeFrames.frame(6, UDP, 100);
            sendWith(guest, LargeFrames.header(6, UDP, 0), small);
            assertThat(guest.wire.sent.get(1)).isEqualTo(Frames.concat(LargeFrames.header(6, UDP, 0), small));
            guest.send(small);
            assertThat(guest.wire.sent.get(2)).isEqualTo(Frames.concat(new byte[NetHeader.SIZE], small));
        }
    }

    @Test
    void doesWhatTheBackendDoesNot() {
        try (NetGuest guest = guest(FeatureBits.of(NetFeatures.CSUM, NetFeatures.HOST_TSO6), ALL)) {
            byte[] frame = LargeFrames.frame(4, TCP, LARGE);
            sendWith(guest, LargeFrames.header(4, TCP, MSS), frame);
            List<byte[]> segments = new ArrayList<>();
            for (byte[] sent : guest.wire.sent) {
                assertThat(sent).startsWith(new byte[NetHeader.SIZE]);
                segments.add(Arrays.copyOfRange(sent, NetHeader.SIZE, sent.length));
            }
            LargeFrames.assertSegments(4, TCP, MSS, frame, segments);
            byte[] other = LargeFrames.frame(6, TCP, LARGE);
            sendWith(guest, LargeFrames.header(6, TCP, MSS), other);
            assertThat(guest.wire.sent.getLast()).isEqualTo(Frames.concat(LargeFrames.header(6, TCP, MSS), other));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 4, 6, 0", "0, 4, 6, 1400", "11, 4, 6, 1400", "12, 6, 6, 1400", "56, 4, 17, 1400", "56, 6, 17, 1400"
    })
    void dropsWhatWasNotNegotiated(int feature, int version, int protocol, int mss) {
        FeatureBits features = ALL.without(feature);
        for (int unmet = NetFeatures.firstUnmet(features); unmet >= 0; unmet = NetFeatures.firstUnmet(features)) {
            features = features.without(unmet);
        }
        try (NetGuest guest = guest(FeatureBits.NONE, features)) {
            sendWith(guest, LargeFrames.header(version, protocol, mss), LargeFrames.frame(version, protocol, 3000));
            assertThat(guest.device.sent().malformed()).isOne();
            assertThat(guest.wire.sent).isEmpty();
        }
    }

    @Test
    void ecnIsAFeatureOfItsOwn() {
        byte[] header = LargeFrames.header(4, TCP, MSS);
        header[NetHeader.GSO_TYPE] |= (byte) NetHeader.GSO_ECN;
        byte[] frame = LargeFrames.frame(4, TCP, 3000);
        try (NetGuest guest = guest(FeatureBits.NONE, ALL)) {
            sendWith(guest, header, frame);
            LargeFrames.assertSegments(4, TCP, MSS, frame, guest.wire.sent);
        }
        try (NetGuest guest = guest(FeatureBits.NONE, ALL.without(NetFeatures.HOST_ECN))) {
            sendWith(guest, header, frame);
            assertThat(guest.device.sent().malformed()).isOne();
        }
    }

    /** Each with one thing wrong. */
    static List<byte[]> hostile() {
        int start = LargeFrames.transport(4);
        byte[] frame = LargeFrames.frame(4, TCP, 3000);
        byte[] small = LargeFrames.frame(4, TCP, 100);
        byte[] fragment = frame.clone();
        fragment[Frames.HEADER + 6] = 0x20;
        byte[] shortHeader = frame.clone();
        shortHeader[start + 12] = 0x40;
        byte[] longHeader = LargeFrames.frame(4, TCP, 10);
        longHeader[start + 12] = (byte) 0xf0;
        byte[] arp = frame.clone();
        arp[13] = 6;
        int csum = NetHeader.F_NEEDS_CSUM;
        return List.of(
                Frames.concat(LargeFrames.header(csum, 0, 0, 0, small.length - 1, 0), small),
                Frames.concat(LargeFrames.header(csum, 0, 0, 0, start, small.length), small),
                Frames.concat(LargeFrames.header(csum, 0, 0, 0, 0xffff, 0xffff), small),
                Frames.concat(LargeFrames.header(csum, 0, 0, 0, 0, 16), small),
                Frames.concat(LargeFrames.header(csum, 0, 0, 0, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 1, 0, 0, start, 16), frame),
                Frames.concat(LargeFrames.header(0, 1, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start + 1, 16), frame),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start, 6), frame),
                Frames.concat(LargeFrames.header(csum, 4, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 5, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 2, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 3, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 0x21, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 0x85, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 0x80, 0, MSS, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 1, 0, 0xffff, start, 16), frame),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start, 16), fragment),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start, 16), shortHeader),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start, 16), longHeader),
                Frames.concat(LargeFrames.header(csum, 1, 0, MSS, start, 16), arp),
                Frames.concat(LargeFrames.header(4, TCP, 1), LargeFrames.frame(4, TCP, 3000)),
                Frames.concat(LargeFrames.header(4, TCP, MSS), new byte[OffloadHeader.MAX_FRAME + 1]));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void dropsWhatIsNotWhatItSays(byte[] bytes) {
        for (FeatureBits backend : List.of(FeatureBits.NONE, OFFLOADS)) {
            try (NetGuest guest = guest(backend, ALL)) {
                guest.sendRaw(bytes);
                assertThat(guest.device.sent().malformed()).isOne();
                assertThat(guest.wire.sent).isEmpty();
                if (!backend.isEmpty()) {
                    guest.deliver(bytes);
                    TestDriver.await("drop", () -> guest.device.received().malformed() == 1);
                }
            }
        }
    }

    /** Whatever header stands before whatever frame, both ways: dropped and counted, or passed on. */
    @Test
    void survivesAnyHeaderBeforeAnyFrame() {
        Random random = new Random(7);
        try (NetGuest guest = guest(OFFLOADS, ALL.minus(OffloadCommands.GUEST));
                NetGuest plain = guest(FeatureBits.NONE, ALL)) {
            int rounds = 3000;
            for (int round = 0; round < rounds; round++) {
                int version = random.nextBoolean() ? 4 : 6;
                int protocol = random.nextBoolean() ? TCP : UDP;
                byte[] bytes = Frames.concat(
                        LargeFrames.header(version, protocol, random.nextInt(3) * 700),
                        LargeFrames.frame(version, protocol, random.nextInt(4000)));
                for (int flips = random.nextInt(5); flips > 0; flips--) {
                    int limit = random.nextBoolean() ? NetHeader.SIZE : 90;
                    bytes[random.nextInt(Math.min(limit, bytes.length))] = (byte) random.nextInt();
                }
                guest.sendRaw(bytes);
                plain.sendRaw(bytes);
                guest.deliver(bytes);
            }
            TestDriver.await("frames", () -> {
                NetCounters received = guest.device.received();
                return received.malformed() + received.overruns() + received.filtered() >= rounds;
            });
            assertThat(guest.device.sent().packets() + guest.device.sent().drops())
                    .isEqualTo(rounds);
            assertThat(guest.device.sent().packets()).isBetween(rounds / 10L, rounds * 9L / 10);
            assertThat(plain.device.sent().malformed())
                    .isEqualTo(guest.device.sent().malformed());
        }
    }

    // Received frames.

    private static void postAll(NetGuest guest) {
        for (int token = 0; token < 60; token++) {
            guest.post(token, 4096);
        }
    }

    private static int[] tokens(int first, int count) {
        return IntStream.range(first, first + count).toArray();
    }

    @Test
    void deliversWholeWhatTheDriverTakes() {
        try (NetGuest guest = guest(OFFLOADS, ALL)) {
            assertThat(guest.wire.driverOffloads).isEqualTo(OffloadCommands.GUEST);
            byte[] frame = LargeFrames.frame(4, TCP, LARGE);
            postAll(guest);
            guest.deliver(Frames.concat(LargeFrames.header(4, TCP, MSS), frame));
            assertThat(guest.receiveFrom(0, tokens(0, 16))).isEqualTo(frame);
            byte[] expected = LargeFrames.header(4, TCP, MSS);
            expected[NetHeader.NUM_BUFFERS] = 16;
            assertThat(guest.header).isEqualTo(expected);
            byte[] small = LargeFrames.frame(6, UDP, 100);
            guest.deliver(Frames.concat(LargeFrames.header(6, UDP, 0), small));
            assertThat(guest.receiveFrom(0, 16)).isEqualTo(small);
            expected = LargeFrames.header(6, UDP, 0);
            expected[NetHeader.NUM_BUFFERS] = 1;
            assertThat(guest.header).isEqualTo(expected);
            // Nothing of it is left in the next header.
            guest.deliver(Frames.concat(new byte[NetHeader.SIZE], small));
            assertThat(guest.receive(17)).isEqualTo(small);
            byte[] valid = new byte[NetHeader.SIZE];
            valid[NetHeader.FLAGS] = NetHeader.F_DATA_VALID;
            guest.deliver(Frames.concat(valid, small));
            assertThat(guest.receiveFrom(0, 18)).isEqualTo(small);
            assertThat(guest.header[NetHeader.FLAGS]).isEqualTo((byte) NetHeader.F_DATA_VALID);
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 6", "6, 6", "4, 17", "6, 17"})
    void finishesWhatTheDriverDoesNotTake(int version, int protocol) {
        try (NetGuest guest = guest(OFFLOADS, ALL.minus(OffloadCommands.GUEST))) {
            assertThat(guest.wire.driverOffloads).isEqualTo(FeatureBits.NONE);
            byte[] frame = LargeFrames.frame(version, protocol, 20_000);
            postAll(guest);
            guest.deliver(Frames.concat(LargeFrames.header(version, protocol, MSS), frame));
            List<byte[]> segments = new ArrayList<>();
            for (int token = 0; token < 15; token++) {
                segments.add(guest.receive(token));
            }
            LargeFrames.assertSegments(version, protocol, MSS, frame, segments);
            byte[] small = LargeFrames.frame(version, protocol, 101);
            guest.deliver(Frames.concat(LargeFrames.header(version, protocol, 0), small));
            LargeFrames.assertChecksums(version, protocol, guest.receive(15));
            byte[] valid = new byte[NetHeader.SIZE];
            valid[NetHeader.FLAGS] = NetHeader.F_DATA_VALID;
            guest.deliver(Frames.concat(valid, small));
            assertThat(guest.receive(16)).isEqualTo(small);
        }
    }

    @Test
    void offloadsAreSwitchedAtRunTime() {
        try (NetGuest guest = guest(OFFLOADS.without(NetFeatures.GUEST_ECN), ALL)) {
            byte[] frame = LargeFrames.frame(4, TCP, 2 * MSS);
            byte[] bytes = Frames.concat(LargeFrames.header(4, TCP, MSS), frame);
            postAll(guest);
            FeatureBits[] wanted = {
                OffloadCommands.GUEST,
                FeatureBits.NONE,
                FeatureBits.of(NetFeatures.GUEST_CSUM),
                FeatureBits.of(NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4),
                FeatureBits.of(NetFeatures.GUEST_TSO4)
            };
            int token = 0;
            for (FeatureBits offloads : wanted) {
                byte[] command = ByteBuffer.allocate(2 + Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put((byte) NetControl.GUEST_OFFLOADS)
                        .put((byte) NetControl.GUEST_OFFLOADS_SET)
                        .putLong(offloads.low())
                        .array();
                assertThat(guest.control(command)).isZero();
                // The network behind is told no more than it may give, and nothing without what it needs.
                boolean checksums = offloads.has(NetFeatures.GUEST_CSUM);
                assertThat(guest.wire.driverOffloads)
                        .isEqualTo(checksums ? offloads.without(NetFeatures.GUEST_ECN) : FeatureBits.NONE);
                guest.deliver(bytes);
                if (checksums && offloads.has(NetFeatures.GUEST_TSO4)) {
                    assertThat(guest.receiveFrom(0, token++)).isEqualTo(frame);
                } else {
                    List<byte[]> segments = List.of(guest.receive(token++), guest.receive(token++));
                    LargeFrames.assertSegments(4, TCP, MSS, frame, segments);
                }
            }
            guest.reset();
            assertThat(guest.wire.driverOffloads).isEqualTo(FeatureBits.NONE);
        }
    }

    @Test
    void offloadsAreNotSwitchedUnlessThatWasNegotiated() {
        byte[] command = new byte[2 + Long.BYTES];
        command[0] = NetControl.GUEST_OFFLOADS;
        try (NetGuest guest = guest(OFFLOADS, ALL.without(NetFeatures.CTRL_GUEST_OFFLOADS))) {
            assertThat(guest.control(command)).isEqualTo(NetControl.ERR);
            assertThat(guest.wire.driverOffloads).isEqualTo(OffloadCommands.GUEST);
        }
        try (NetGuest guest = guest(OFFLOADS, ALL.without(NetFeatures.GUEST_USO4))) {
            assertThat(guest.control(command)).isZero();
            command[2 + NetControl.OFFLOAD_GUEST_USO4 / 8] = 1 << NetControl.OFFLOAD_GUEST_USO4 % 8;
            assertThat(guest.control(command)).isEqualTo(NetControl.ERR);
        }
    }

    // From guest to guest.

    @Test
    void aLargeFrameGoesWholeToAGuestThatTakesItAndInPiecesToAnother() {
        LearningSwitch network = new LearningSwitch();
        NetGuest.Wire[] wires = {wire(network), wire(network), wire(network)};
        NetOptions options = new NetOptions(NetGuest.MAC);
        try (NetGuest from = new NetGuest(wires[0], options, ALL);
                NetGuest whole = new NetGuest(wires[1], options, ALL);
                NetGuest pieces = new NetGuest(wires[2], options, ALL.minus(OffloadCommands.GUEST))) {
            byte[] frame = LargeFrames.frame(6, TCP, 20_000);
            postAll(whole);
            postAll(pieces);
            // Nobody knows where it is for: it is flooded.
            sendWith(from, LargeFrames.header(6, TCP, MSS), frame);
            assertThat(whole.receiveFrom(0, tokens(0, 5))).isEqualTo(frame);
            List<byte[]> segments = new ArrayList<>();
            for (int token = 0; token < 15; token++) {
                segments.add(pieces.receive(token));
            }
            LargeFrames.assertSegments(6, TCP, MSS, frame, segments);
        }
    }

    /** A port of a switch. */
    private static NetGuest.Wire wire(LearningSwitch network) {
        NetBackend port = network.addPort();
        return new NetGuest.Wire(OFFLOADS) {
            @Override
            public void attach(NetPort device) {
                port.attach(device);
            }

            @Override
            public boolean send(ByteBuf frame) {
                return port.send(frame);
            }

            @Override
            public void close() {
                port.close();
                super.close();
            }
        };
    }
}
