// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CableTest {
    private static final FeatureBits ALL =
            FeatureBits.of(NetFeatures.CSUM, NetFeatures.HOST_TSO4, NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4);
    private static final int MTU = 1500;
    private static final int TCP_PAYLOAD_AT = 14 + 20 + 20;

    /** A network that keeps what it gets. */
    private static final class Network implements NetBackend {
        final FeatureBits offloads;
        final List<ByteBuf> got = new ArrayList<>();
        FeatureBits taken = FeatureBits.NONE;
        private @Nullable NetPort port;
        boolean closed;

        Network(FeatureBits offloads) {
            this.offloads = offloads;
        }

        @Override
        public FeatureBits offloads() {
            return offloads;
        }

        @Override
        public void driverOffloads(FeatureBits guest) {
            taken = guest;
        }

        @Override
        public void attach(NetPort device) {
            port = device;
        }

        boolean deliver(ByteBuf frame) {
            return requireNonNull(port).receive(frame);
        }

        @Override
        public boolean send(ByteBuf frame) {
            got.add(frame);
            return true;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final Network plain = new Network(FeatureBits.NONE);
    private final Network able = new Network(ALL);

    private static ByteBuf header(int flags, int gsoType, int gsoSize, int csumStart, int csumOffset) {
        return Unpooled.buffer()
                .writeByte(flags)
                .writeByte(gsoType)
                .writeShortLE(0)
                .writeShortLE(gsoSize)
                .writeShortLE(csumStart)
                .writeShortLE(csumOffset)
                .writeShortLE(0);
    }

    /** An IPv4 TCP segment whose checksum is still that of its pseudo header. */
    private static ByteBuf tcp(int payload) {
        ByteBuf frame = Unpooled.buffer();
        frame.writeBytes(ByteBufUtil.decodeHexDump("020000000001020000000002" + "0800"));
        frame.writeBytes(ByteBufUtil.decodeHexDump("4500")).writeShort(40 + payload);
        frame.writeBytes(ByteBufUtil.decodeHexDump("00010000" + "4006" + "0000" + "0a000001" + "0a000002"));
        frame.writeBytes(ByteBufUtil.decodeHexDump("1000" + "0050" + "00000001" + "00000000" + "5018" + "ffff"));
        long pseudo = 0x0a00L + 1 + 0x0a00 + 2 + 6 + 20 + payload;
        frame.writeShort((int) ((pseudo & 0xffff) + (pseudo >> 16))).writeShort(0);
        for (int i = 0; i < payload; i++) {
            frame.writeByte(i * 7);
        }
        return frame;
    }

    /** Whether the TCP checksum of a frame without options is right. */
    private static boolean isFinished(ByteBuf frame) {
        int length = frame.readableBytes() - 34;
        long sum = 6L + length;
        for (int i = 26; i < 34; i += 2) {
            sum += frame.getUnsignedShort(frame.readerIndex() + i);
        }
        sum += Checksum.sum(frame, frame.readerIndex() + 34, length);
        return (Checksum.of(sum) & 0xffff) == 0 || Checksum.of(sum) == 0xffff;
    }

    private static void releaseAll(Network network) {
        for (ByteBuf frame : network.got) {
            assertThat(frame.refCnt()).isOne();
            frame.release();
        }
    }

    @Test
    void takesHeadersOffAndPutsThemOn() {
        try (Cable cable = Cable.join(plain, able, MTU)) {
            assertThat(cable).isNotNull();
            ByteBuf bare = tcp(100);
            byte[] content = ByteBufUtil.getBytes(bare);
            assertThat(plain.deliver(bare)).isTrue();
            assertThat(ByteBufUtil.getBytes(able.got.getFirst(), NetHeader.SIZE, content.length))
                    .isEqualTo(content);
            assertThat(able.got.getFirst().getLong(0)).isZero();
            assertThat(able.deliver(header(NetHeader.F_DATA_VALID, 0, 0, 0, 0).writeBytes(content)))
                    .isTrue();
            assertThat(ByteBufUtil.getBytes(plain.got.getFirst())).isEqualTo(content);
        }
        assertThat(plain.closed && able.closed).isTrue();
        releaseAll(plain);
        releaseAll(able);
    }

    @Test
    void completesWhatTheOtherNetworkDoesNot() {
        try (Cable cable = Cable.join(able, plain, MTU)) {
            assertThat(cable).isNotNull();
            able.deliver(header(NetHeader.F_NEEDS_CSUM, 0, 0, 34, 16).writeBytes(tcp(333)));
            assertThat(plain.got).hasSize(1).allMatch(CableTest::isFinished);
        }
        releaseAll(plain);
    }

    @Test
    void cutsWhatIsTooLargeForTheOtherNetwork() {
        try (Cable cable = Cable.join(able, plain, MTU)) {
            assertThat(cable).isNotNull();
            ByteBuf large = tcp(10_000);
            byte[] content = ByteBufUtil.getBytes(large);
            able.deliver(header(NetHeader.F_NEEDS_CSUM, NetHeader.GSO_TCPV4, 1460, 34, 16)
                    .writeBytes(large));
            assertThat(plain.got).hasSize(7).allMatch(CableTest::isFinished);
            ByteBuf joined = Unpooled.buffer();
            plain.got.forEach(segment -> joined.writeBytes(
                    segment, segment.readerIndex() + TCP_PAYLOAD_AT, segment.readableBytes() - TCP_PAYLOAD_AT));
            assertThat(ByteBufUtil.getBytes(joined))
                    .isEqualTo(Arrays.copyOfRange(content, TCP_PAYLOAD_AT, content.length));
        }
        releaseAll(plain);
    }

    @Test
    void leavesLargeFramesWholeBetweenNetworksThatTakeThem() {
        Network other = new Network(ALL);
        try (Cable cable = Cable.join(able, other, MTU)) {
            assertThat(cable).isNotNull();
            assertThat(able.taken).isEqualTo(FeatureBits.of(NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4));
            able.deliver(header(NetHeader.F_NEEDS_CSUM, NetHeader.GSO_TCPV4, 1460, 34, 16)
                    .writeBytes(tcp(10_000)));
            assertThat(other.got).hasSize(1);
            assertThat(other.got.getFirst().readableBytes()).isEqualTo(NetHeader.SIZE + TCP_PAYLOAD_AT + 10_000);
        }
        releaseAll(other);
    }

    @Test
    void losesWhatIsNotAFrameOrTooLong() {
        try (Cable cable = Cable.join(able, plain, MTU)) {
            assertThat(cable).isNotNull();
            List<ByteBuf> bad = List.of(
                    Unpooled.buffer().writeZero(3),
                    header(0, 0, 0, 0, 0).writeZero(13),
                    header(0, 0, 0, 0, 0).writeBytes(tcp(1600)),
                    header(NetHeader.F_NEEDS_CSUM, 0, 0, 2000, 16).writeBytes(tcp(10)),
                    header(NetHeader.F_NEEDS_CSUM, NetHeader.GSO_TCPV4, 0, 34, 16)
                            .writeBytes(tcp(3000)),
                    header(NetHeader.F_NEEDS_CSUM, NetHeader.GSO_TCPV6, 1000, 34, 16)
                            .writeBytes(tcp(3000)));
            for (ByteBuf frame : bad) {
                assertThat(able.deliver(frame)).isFalse();
                assertThat(frame.refCnt()).isZero();
            }
            assertThat(plain.deliver(tcp(1600))).isFalse();
            assertThat(plain.got).isEmpty();
            assertThat(able.got).isEmpty();
        }
    }

    @Test
    void theMtuIsOne() {
        assertThatThrownBy(() -> Cable.join(plain, able, 67)).isInstanceOf(IllegalArgumentException.class);
    }
}
