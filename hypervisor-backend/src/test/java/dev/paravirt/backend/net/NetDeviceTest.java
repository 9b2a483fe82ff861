// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class NetDeviceTest {
    private static final String MAC = NetGuest.MAC;
    private static final String PEER = NetGuest.PEER;
    private static final FeatureBits ALL =
            NetGuest.SPLIT.or(new NetOptions(MAC).features()).without(NetFeatures.HASH_REPORT);
    private static final int MAX_FRAME = 1518;

    static final List<FeatureBits> FORMATS = List.of(ALL, ALL.or(NetGuest.PACKED));

    // Frames.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void sendsAndReceives(FeatureBits features) {
        try (NetGuest guest = new NetGuest(features)) {
            for (int round = 0; round < 200; round++) {
                byte[] sent = Frames.frame(PEER, MAC, 60 + round);
                guest.send(sent);
                assertThat(guest.wire.sent).last().isEqualTo(sent);
                byte[] received = Frames.frame(MAC, PEER, 14 + round);
                guest.post(round % 8, 2048);
                assertThat(guest.deliver(received)).isTrue();
                assertThat(guest.receive(round % 8)).isEqualTo(received);
            }
            assertThat(guest.device.sent().packets()).isEqualTo(200);
            assertThat(guest.device.sent().bytes()).isEqualTo(200 * 60 + 199 * 100);
            assertThat(guest.device.received().packets()).isEqualTo(200);
            assertThat(guest.device.sent().drops()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, NetHeader.SIZE, NetHeader.SIZE + 13, NetHeader.SIZE + MAX_FRAME + 1})
    void dropsWhatIsNoFrame(int bytes) {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.sendRaw(new byte[bytes]);
            assertThat(guest.device.sent().malformed()).isOne();
            assertThat(guest.wire.sent).isEmpty();
            guest.send(Frames.frame(PEER, MAC, MAX_FRAME));
            assertThat(guest.wire.sent).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "1, 128"})
    void dropsWhatAsksForOffloadsThatWereNotNegotiated(int offset, int value) {
        try (NetGuest guest = new NetGuest(ALL)) {
            byte[] bytes = new byte[NetHeader.SIZE + 60];
            bytes[offset] = (byte) value;
            guest.sendRaw(bytes);
            assertThat(guest.device.sent().malformed()).isOne();
            assertThat(guest.wire.sent).isEmpty();
        }
    }

    @Test
    void countsWhatTheBackendDoesNotTake() {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.wire.takes = false;
            guest.send(Frames.frame(PEER, MAC, 60));
            TestDriver.await("drop", () -> guest.device.sent().refused() == 1);
        }
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void mergesReceiveBuffers(FeatureBits features) {
        try (NetGuest guest = new NetGuest(features)) {
            byte[] frame = Frames.frame(MAC, PEER, 1000);
            guest.post(0, 100);
            guest.post(1, 12);
            guest.post(2, 900);
            guest.post(3, 1100);
            assertThat(guest.deliver(frame)).isTrue();
            assertThat(guest.receive(0, 1, 2)).isEqualTo(frame);
            assertThat(guest.deliver(frame)).isTrue();
            assertThat(guest.receive(3)).isEqualTo(frame);
        }
    }

    @Test
    void keepsBuffersThatAreTooFewForTheNextFrame() {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.post(0, 100);
            guest.post(1, 100);
            guest.deliver(Frames.frame(MAC, PEER, 1000));
            TestDriver.await("drop", () -> guest.device.received().overruns() == 1);
            byte[] small = Frames.frame(MAC, PEER, 80);
            guest.deliver(small);
            assertThat(guest.receive(0)).isEqualTo(small);
            guest.deliver(small);
            assertThat(guest.receive(1)).isEqualTo(small);
        }
    }

    @Test
    void withoutMergingAFrameFitsIntoOneBuffer() {
        try (NetGuest guest = new NetGuest(ALL.without(NetFeatures.MRG_RXBUF))) {
            guest.post(0, NetHeader.SIZE + 100);
            guest.post(1, NetHeader.SIZE + 100);
            guest.deliver(Frames.frame(MAC, PEER, 101));
            TestDriver.await("drop", () -> guest.device.received().overruns() == 1);
            byte[] fits = Frames.frame(MAC, PEER, 100);
            guest.deliver(fits);
            assertThat(guest.receive(0)).isEqualTo(fits);
        }
    }

    @Test
    void dropsFramesForWhichThereIsNoBuffer() {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.deliver(Frames.frame(MAC, PEER, 60));
            TestDriver.await("drop", () -> guest.device.received().overruns() == 1);
            guest.post(0, 2048);
            byte[] frame = Frames.frame(MAC, PEER, 61);
            guest.deliver(frame);
            assertThat(guest.receive(0)).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 13, MAX_FRAME + 1})
    void dropsReceivedFramesThatAreNone(int length) {
        try (NetGuest guest = new NetGuest(ALL)) {
            long before = guest.device.received().malformed();
            ByteBuf frame = Frames.buffer(new byte[length]);
            guest.wire.port().receive(frame);
            TestDriver.await("drop", () -> guest.device.received().malformed() == before + 1);
            TestDriver.await("release", () -> frame.refCnt() == 0);
        }
    }

    /** Nobody asks a driver for receive buffers while it has given some: a notification would be an exit for nothing. */
    @Test
    void wantsNoNotificationsForReceiveBuffers() {
        try (NetGuest guest = new NetGuest(NetGuest.SPLIT)) {
            guest.post(0, 2048);
            guest.deliver(Frames.frame(MAC, PEER, 60));
            guest.receive(0);
            long before = guest.session.counters(0).notifications();
            for (int token = 1; token < 8; token++) {
                guest.post(token, 2048);
            }
            assertThat(guest.session.counters(0).notifications()).isEqualTo(before);
            assertThat(guest.session.counters(0).requests()).isOne();
        }
    }

    // Reset.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aResetGivesBackReceiveBuffersAndState(FeatureBits features) {
        try (NetGuest guest = new NetGuest(features)) {
            for (int round = 0; round < 3; round++) {
                guest.post(0, 100);
                guest.post(1, 100);
                long overruns = guest.device.received().overruns();
                guest.deliver(Frames.frame(MAC, PEER, 1000));
                TestDriver.await("held", () -> guest.device.received().overruns() > overruns);
                assertThat(guest.control(bytes("01 01 02 00 00 00 00 99"))).isZero();
                assertThat(guest.device.mac()).isEqualTo("02:00:00:00:00:99");
                guest.reset();
                assertThat(guest.device.mac()).isEqualTo(MAC);
                ByteBuf late = Frames.buffer(Frames.frame(MAC, PEER, 60));
                assertThat(guest.wire.port().receive(late)).isFalse();
                assertThat(late.refCnt()).isZero();
                guest.start(features);
            }
            byte[] frame = Frames.frame(MAC, PEER, 60);
            guest.post(5, 2048);
            guest.deliver(frame);
            assertThat(guest.receive(5)).isEqualTo(frame);
        }
    }

    @Test
    void aReceiveBufferWithoutRoomForAHeaderNeedsAReset() {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.post(0, NetHeader.SIZE - 1);
            guest.deliver(Frames.frame(MAC, PEER, 60));
            guest.awaitNeedsReset();
            guest.reset();
            guest.start(ALL);
            guest.send(Frames.frame(PEER, MAC, 60));
        }
    }

    // Configuration.

    @Test
    void saysWhatItIs() {
        NetOptions options = new NetOptions("02:12:34:56:78:9a").mtu(9000).speed(10_000);
        try (NetGuest guest = new NetGuest(options, ALL)) {
            assertThat(guest.config(NetConfig.MAC, 4)).isEqualTo(0x56341202);
            assertThat(guest.config(NetConfig.MAC + 4, 2)).isEqualTo(0x9a78);
            assertThat(guest.config(NetConfig.STATUS, 2)).isEqualTo(NetConfig.S_LINK_UP);
            assertThat(guest.config(NetConfig.MTU, 2)).isEqualTo(9000);
            assertThat(guest.config(NetConfig.SPEED, 4)).isEqualTo(10_000);
            assertThat(guest.config(NetConfig.DUPLEX, 1)).isEqualTo(NetConfig.DUPLEX_FULL);
            assertThat(guest.config(NetConfig.MAX_VIRTQUEUE_PAIRS, 2)).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02:00:00:00:00",
                "02-00-00-00-00-01",
                "33:33:00:00:00:01",
                "00:00:00:00:00:00",
                "0g:00:00:00:00:01"
            })
    void hasTheAddressOfAStation(String mac) {
        assertThatThrownBy(() -> new NetOptions(mac)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLinkThatGoesDownIsSeenAndStopsFrames() {
        try (NetGuest guest = new NetGuest(ALL)) {
            int interrupts = guest.interrupt.configuration.get();
            int generation = guest.session.configGeneration();
            guest.wire.port().linkUp(false);
            guest.wire.port().linkUp(false);
            assertThat(guest.interrupt.configuration.get()).isEqualTo(interrupts + 1);
            assertThat(guest.session.configGeneration()).isNotEqualTo(generation);
            assertThat(guest.config(NetConfig.STATUS, 2)).isZero();
            guest.send(Frames.frame(PEER, MAC, 60));
            assertThat(guest.device.sent().refused()).isOne();
            assertThat(guest.deliver(Frames.frame(MAC, PEER, 60))).isFalse();
            guest.wire.port().linkUp(true);
            assertThat(guest.interrupt.configuration.get()).isEqualTo(interrupts + 2);
            assertThat(guest.config(NetConfig.STATUS, 2)).isEqualTo(NetConfig.S_LINK_UP);
            guest.send(Frames.frame(PEER, MAC, 60));
            assertThat(guest.wire.sent).hasSize(1);
        }
    }

    @Test
    void aSmallerMtuIsToldAndKeptTo() {
        try (NetGuest guest = new NetGuest(ALL)) {
            int interrupts = guest.interrupt.configuration.get();
            assertThat(guest.device.mostMtu()).isEqualTo(1500);
            guest.device.limitMtu(1500);
            assertThat(guest.interrupt.configuration.get()).isEqualTo(interrupts);
            guest.device.limitMtu(1280);
            assertThat(guest.interrupt.configuration.get()).isEqualTo(interrupts + 1);
            assertThat(guest.config(NetConfig.MTU, 2)).isEqualTo(1280);
            guest.send(Frames.frame(PEER, MAC, MAX_FRAME - 220));
            assertThat(guest.wire.sent).hasSize(1);
            guest.send(Frames.frame(PEER, MAC, MAX_FRAME - 219));
            assertThat(guest.wire.sent).hasSize(1);
            assertThat(guest.device.sent().malformed()).isOne();
            guest.post(0, 2048);
            guest.deliver(Frames.frame(MAC, PEER, MAX_FRAME - 219));
            byte[] longest = Frames.frame(MAC, PEER, MAX_FRAME - 220);
            guest.deliver(longest);
            assertThat(guest.receive(0)).isEqualTo(longest);
            assertThat(guest.device.received().malformed()).isOne();
            guest.device.limitMtu(1500);
            guest.send(Frames.frame(PEER, MAC, MAX_FRAME));
            assertThat(guest.wire.sent).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {67, 1501})
    void anMtuThatCannotBeIsRefused(int mtu) {
        try (NetGuest guest = new NetGuest(ALL)) {
            assertThatThrownBy(() -> guest.device.limitMtu(mtu)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void noStationIsAnnouncedWhileTheLinkIsDown() {
        try (NetGuest guest = new NetGuest(ALL)) {
            assertThat(guest.device.announceStation(bytes("02 00 00 00 00 01"))).isTrue();
            guest.device.linkUp(false);
            assertThat(guest.device.announceStation(bytes("02 00 00 00 00 01"))).isFalse();
            assertThat(guest.wire.sent).hasSize(1);
        }
    }

    @Test
    void anAnnouncementIsAskedForUntilItIsAcknowledged() {
        try (NetGuest guest = new NetGuest(ALL)) {
            int interrupts = guest.interrupt.configuration.get();
            assertThat(guest.device.announce()).isTrue();
            assertThat(guest.interrupt.configuration.get()).isEqualTo(interrupts + 1);
            assertThat(guest.config(NetConfig.STATUS, 2)).isEqualTo(NetConfig.S_LINK_UP | NetConfig.S_ANNOUNCE);
            assertThat(guest.control(bytes("03 00"))).isZero();
            assertThat(guest.config(NetConfig.STATUS, 2)).isEqualTo(NetConfig.S_LINK_UP);
        }
        try (NetGuest guest = new NetGuest(ALL.without(NetFeatures.GUEST_ANNOUNCE))) {
            assertThat(guest.device.announce()).isFalse();
            assertThat(guest.control(bytes("03 00"))).isEqualTo(NetControl.ERR);
        }
    }

    // Control.

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** Each with one byte or number wrong in a command that would be right. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 00",
                "00 00 02",
                "00 00 01 00",
                "00 06 01",
                "00 ff 01", // receive modes
                "01 00",
                "01 00 00 00 00 00",
                "01 00 00 00 00 00 00 00 00", // tables cut short
                "01 00 01 00 00 00 02 00 00 00 00 00 00 00 00", // the second cut short
                "01 00 00 00 00 00 01 00 00 00 33 33 00 00 00", // an address cut short
                "01 00 00 00 00 00 00 00 00 00 00", // one byte more
                "01 00 ff ff ff ff 02 00 00 00 00 00 00 00 00 00", // more than there are
                "01 01 02 00 00 00 00",
                "01 01 02 00 00 00 00 00 00",
                "01 01 33 33 00 00 00 01",
                "01 01 00 00 00 00 00 00",
                "01 02 00",
                "02 00",
                "02 00 64",
                "02 00 64 00 00",
                "02 00 00 10",
                "02 02 64 00", // VLANs
                "03 00 00",
                "03 01",
                "04 00 01 00",
                "05 00",
                "05 00 00 00 00 00 00 00 00",
                "05 00 00 00 00 00 00 00 00 00 00",
                "05 00 01 00 00 00 00 00 00 00",
                "05 00 00 04 00 00 00 00 00 00",
                "05 00 00 00 00 00 00 00 00 80",
                "05 01 00 00 00 00 00 00 00 00", // offloads
                "09 00",
                "ff 00"
            })
    void answersWhatCannotBeDoneWithAnError(String command) {
        try (NetGuest guest = new NetGuest(ALL)) {
            assertThat(guest.control(bytes(command))).isEqualTo(NetControl.ERR);
            assertThat(guest.device.mac()).isEqualTo(MAC);
            assertThat(guest.control(bytes("00 00 01"))).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"00 00 01", "00 02 01", "01 00 00 00 00 00 00 00 00 00", "01 01 02 00 00 00 00 99", "02 00 64 00"
            })
    void answersWhatWasNotNegotiatedWithAnError(String command) {
        try (NetGuest guest = new NetGuest(NetGuest.SPLIT.with(NetFeatures.CTRL_VQ))) {
            assertThat(guest.control(bytes(command))).isEqualTo(NetControl.ERR);
        }
        try (NetGuest guest = new NetGuest(ALL)) {
            assertThat(guest.control(bytes(command))).isZero();
        }
    }

    @Test
    void aCommandWithoutRoomForItsAckNeedsAReset() {
        try (NetGuest guest = new NetGuest(ALL)) {
            guest.controlWithoutAck();
            guest.awaitNeedsReset();
            guest.reset();
            guest.start(ALL);
        }
    }

    @Test
    void filtersAsCommanded() {
        try (NetGuest guest = new NetGuest(ALL)) {
            String multicast = "33:33:00:00:00:05";
            assertDelivered(guest, Frames.frame(PEER, PEER, 60), false);
            assertDelivered(guest, Frames.frame(MAC, PEER, 60), true);
            assertDelivered(guest, Frames.frame(multicast, PEER, 60), false);
            assertThat(guest.control(bytes("01 00 01000000 020000000002 01000000 333300000005")))
                    .isZero();
            assertDelivered(guest, Frames.frame(PEER, PEER, 60), true);
            assertDelivered(guest, Frames.frame(multicast, PEER, 60), true);
            assertThat(guest.control(bytes("00 03 01"))).isZero();
            assertDelivered(guest, Frames.frame(multicast, PEER, 60), false);
            assertThat(guest.control(bytes("00 03 00"))).isZero();
            assertDelivered(guest, Frames.frame(multicast, PEER, 60), true);
            assertDelivered(guest, Frames.tagged(MAC, PEER, 60, 100), false);
            assertThat(guest.control(bytes("02 00 6400"))).isZero();
            assertDelivered(guest, Frames.tagged(MAC, PEER, 60, 100), true);
            assertThat(guest.control(bytes("02 01 6400"))).isZero();
            assertDelivered(guest, Frames.tagged(MAC, PEER, 60, 100), false);
            assertThat(guest.control(bytes("01 01 020000000099"))).isZero();
            assertDelivered(guest, Frames.frame(MAC, PEER, 60), false);
            assertDelivered(guest, Frames.frame("02:00:00:00:00:99", PEER, 60), true);
            assertThat(guest.config(NetConfig.MAC + 4, 2)).isEqualTo(0x9900);
            assertThat(guest.control(bytes("00 00 01"))).isZero();
            assertDelivered(guest, Frames.tagged(MAC, PEER, 60, 100), true);
        }
    }

    @Test
    void keepsALongTableOfAddresses() {
        try (NetGuest guest = new NetGuest(ALL)) {
            byte[] command = new byte[2 + 4 + 4];
            command[0] = NetControl.MAC;
            assertThat(guest.control(command)).isZero();
            // 600 addresses are what the test's buffer has room for: kept, each of them.
            byte[] many = Arrays.copyOf(command, command.length + 600 * 6);
            many[2] = (byte) 600;
            many[3] = (byte) (600 >> 8);
            for (int i = 0; i < 600; i++) {
                many[6 + 6 * i] = 2;
                many[6 + 6 * i + 4] = (byte) ((i + 256) >> 8);
                many[6 + 6 * i + 5] = (byte) i;
            }
            assertThat(guest.control(many)).isZero();
            assertDelivered(guest, Frames.frame("02:00:00:00:01:00", PEER, 60), true);
            assertDelivered(guest, Frames.frame("02:00:00:00:03:57", PEER, 60), true);
            assertDelivered(guest, Frames.frame("02:00:00:00:03:58", PEER, 60), false);
        }
    }

    private static void assertDelivered(NetGuest guest, byte[] frame, boolean delivered) {
        if (delivered) {
            guest.post(9, 2048);
            guest.deliver(frame);
            assertThat(guest.receive(9)).isEqualTo(frame);
        } else {
            long filtered = guest.device.received().filtered();
            guest.deliver(frame);
            TestDriver.await("filtered frame", () -> guest.device.received().filtered() == filtered + 1);
        }
    }
}
