// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.vhostuser.BackEndRequest;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class NetworkRequestsTest {
    private static final int SIZE = 4;
    private static final ByteBuffer NOTHING = Message.payload(0);
    private static final FeatureBits PLAIN = FeatureBits.of(Features.VERSION_1);
    private static final FeatureBits ANNOUNCING =
            PLAIN.with(NetFeatures.STATUS).with(NetFeatures.CTRL_VQ).with(NetFeatures.GUEST_ANNOUNCE);
    private static final long PROTOCOL =
            TestFrontEnd.PROTOCOL | 1L << ProtocolFeatures.RARP | 1L << ProtocolFeatures.NET_MTU;

    /** 02:00:00:00:00:07 in the first six bytes, and two that mean nothing. */
    private static final long MAC = 0xabcd_0700_0000_0002L;

    /** RFC 903 has the order of the fields; the rest is up to the shortest Ethernet frame. */
    private static final String REQUEST = "ffffffffffff" + "020000000007" + "8035"
            + "0001" + "0800" + "06" + "04" + "0003"
            + "020000000007" + "00000000" + "020000000007" + "00000000"
            + "00".repeat(18);

    /** A network that keeps what it gets. */
    private static final class Wire implements NetBackend {
        private final FeatureBits offloads;
        private final List<String> sent = new CopyOnWriteArrayList<>();
        private volatile boolean fails;

        Wire(FeatureBits offloads) {
            this.offloads = offloads;
        }

        @Override
        public FeatureBits offloads() {
            return offloads;
        }

        @Override
        public void attach(NetPort port) {}

        @Override
        public boolean send(ByteBuf frame) {
            sent.add(ByteBufUtil.hexDump(frame));
            frame.release();
            if (fails) {
                throw new IllegalStateException("expected by the test");
            }
            return true;
        }

        @Override
        public void close() {}
    }

    @TempDir
    private Path folder;

    private final Wire wire = new Wire(FeatureBits.NONE);

    private VhostUserServer server(Wire network) throws IOException {
        NetDevice device = new NetDevice(network, new NetOptions("02:00:00:00:00:01").queueSize(SIZE));
        return VhostUserServer.listen(folder.resolve("s"), device, new VhostUserOptions());
    }

    private TestFrontEnd frontEnd(FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve("s"), features);
    }

    @Test
    void onlyNetworkDevicesHaveThem() throws IOException {
        try (VhostUserServer server = server(wire);
                TestFrontEnd frontEnd = frontEnd(PLAIN)) {
            assertThat(server.session().queueCount()).isEqualTo(3);
            assertThat(frontEnd.ask(FrontEndRequest.GET_PROTOCOL_FEATURES) & PROTOCOL)
                    .isEqualTo(PROTOCOL);
        }
        try (VhostUserServer server =
                        VhostUserServer.listen(folder.resolve("s"), new TestDevice(SIZE), new VhostUserOptions());
                TestFrontEnd frontEnd = frontEnd(PLAIN)) {
            assertThat(server.session().queueCount()).isOne();
            assertThat(frontEnd.ask(FrontEndRequest.GET_PROTOCOL_FEATURES) & PROTOCOL)
                    .isEqualTo(TestFrontEnd.PROTOCOL);
        }
    }

    @Test
    void showsTheNetworkWhereTheGuestIsNow() throws IOException {
        try (VhostUserServer server = server(wire);
                TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            assertThat(wire.sent).containsExactly(REQUEST);
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void aNetworkWithOffloadsGetsItBehindAHeader() throws IOException {
        Wire able = new Wire(FeatureBits.of(NetFeatures.CSUM));
        try (VhostUserServer server = server(able);
                TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            assertThat(able.sent).containsExactly("00".repeat(12) + REQUEST);
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void aNetworkThatFailsIsNotTheFrontEndsFault() throws IOException {
        wire.fails = true;
        try (VhostUserServer server = server(wire);
                TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            assertThat(wire.sent).hasSize(2);
            assertThat(server.session().status()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0xffff_ffff_ffffL, 0x01, 0xabcd_0000_0000_0000L})
    void refusesToAnnounceWhatIsNoStation(long mac) throws IOException {
        try (VhostUserServer server = server(wire);
                TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
            assertThat(frontEnd.acknowledged(FrontEndRequest.SEND_RARP, Message.payloadOf(mac)))
                    .isOne();
            assertThat(wire.sent).isEmpty();
            assertThat(server.session().status()).isZero();
        }
    }

    /** One that can, and learns that it is to, through the configuration. */
    @Test
    void aDriverAnnouncesItself() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (VhostUserServer server = server(wire);
                MessageChannel told = new MessageChannel(pair.first());
                TestFrontEnd frontEnd = frontEnd(ANNOUNCING).begin(PROTOCOL);
                TestFrontEnd.Ring transmit = frontEnd.ring(1, SIZE).start(0)) {
            // The configuration is the front-end's own as long as there is no channel to say that it changed.
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            assertThat(wire.sent).hasSize(1);
            frontEnd.succeed(
                    FrontEndRequest.SET_BACKEND_REQ_FD, NOTHING, pair.second().descriptor());
            pair.second().close();
            frontEnd.succeed(FrontEndRequest.SEND_RARP, Message.payloadOf(MAC));
            assertThat(wire.sent).hasSize(1);
            assertThat(told.socket().awaitReadable(20_000_000_000L)).isTrue();
            try (Message message = requireNonNull(told.receive())) {
                assertThat(message.request()).isEqualTo(BackEndRequest.CONFIG_CHANGE_MSG);
            }
            assertThat(readConfig(frontEnd, NetConfig.STATUS)).isEqualTo(NetConfig.S_LINK_UP | NetConfig.S_ANNOUNCE);
            assertThat(transmit.error.drain()).isZero();
            assertThat(server.session().queueCount()).isEqualTo(3);
        }
    }

    private static int readConfig(TestFrontEnd frontEnd, int offset) throws IOException {
        ByteBuffer request = Message.payload(Payload.CONFIG_BYTES + 2)
                .putInt(Payload.CONFIG_OFFSET, offset)
                .putInt(Payload.CONFIG_LENGTH, 2);
        frontEnd.send(FrontEndRequest.GET_CONFIG, request);
        try (Message reply = frontEnd.receive(FrontEndRequest.GET_CONFIG)) {
            return reply.getShort(Payload.CONFIG_BYTES);
        }
    }

    @Test
    void theMtuIsThatOfTheFrontEndUntilItLeaves() throws IOException {
        try (VhostUserServer server = server(wire)) {
            for (int session = 0; session < 2; session++) {
                try (TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
                    assertThat(readConfig(frontEnd, NetConfig.MTU)).isEqualTo(1500);
                    frontEnd.succeed(FrontEndRequest.NET_SET_MTU, Message.payloadOf(1280));
                    assertThat(readConfig(frontEnd, NetConfig.MTU)).isEqualTo(1280);
                    frontEnd.succeed(FrontEndRequest.RESET_DEVICE, NOTHING);
                    assertThat(readConfig(frontEnd, NetConfig.MTU)).isEqualTo(1280);
                }
            }
            assertThat(server.session().status()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 67, 1501, 65536, -1, 0x1_0000_0500L, Long.MIN_VALUE + 1280})
    void refusesAnMtuThatTheDeviceCannotHave(long mtu) throws IOException {
        try (VhostUserServer server = server(wire);
                TestFrontEnd frontEnd = frontEnd(PLAIN).begin(PROTOCOL)) {
            assertThat(frontEnd.acknowledged(FrontEndRequest.NET_SET_MTU, Message.payloadOf(mtu)))
                    .isOne();
            assertThat(readConfig(frontEnd, NetConfig.MTU)).isEqualTo(1500);
            assertThat(server.session().status()).isZero();
        }
    }
}
