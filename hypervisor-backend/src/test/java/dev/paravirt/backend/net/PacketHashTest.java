// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.net.NetHash;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the published vectors: "Verifying the RSS Hash Calculation", Windows driver documentation. */
class PacketHashTest {
    private static final byte[] KEY =
            HexFormat.of().parseHex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");

    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP = 1;

    private static byte[] frame(String source, int sourcePort, String destination, int destinationPort, int protocol)
            throws UnknownHostException {
        return Frames.ip(
                InetAddress.getByName(source).getAddress(),
                InetAddress.getByName(destination).getAddress(),
                protocol,
                Frames.ports(sourcePort, destinationPort));
    }

    private static long hash(int types, byte[] frame) {
        ByteBuf buffer = Frames.buffer(frame);
        try {
            return new PacketHash(types, KEY).of(buffer, buffer.readerIndex(), frame.length);
        } finally {
            buffer.release();
        }
    }

    private static void assertHash(int types, byte[] frame, int report, String value) {
        long hash = hash(types, frame);
        assertThat(PacketHash.report(hash)).as("report").isEqualTo(report);
        assertThat(HexFormat.of().toHexDigits(PacketHash.value(hash))).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({
        "66.9.149.187, 2794, 161.142.100.80, 1766, 323e8fc2, 51ccc178",
        "199.92.111.2, 14230, 65.69.140.83, 4739, d718262a, c626b0ea",
        "24.19.198.95, 12898, 12.22.207.184, 38024, d2d0a5de, 5c2b394a",
        "38.27.205.30, 48228, 209.142.163.6, 2217, 82989176, afc7327f",
        "153.39.163.191, 44251, 202.188.127.2, 1303, 5d1809c5, 10e828a2"
    })
    void ipv4(String source, int sourcePort, String destination, int destinationPort, String addresses, String all)
            throws UnknownHostException {
        byte[] segment = frame(source, sourcePort, destination, destinationPort, TCP);
        byte[] datagram = frame(source, sourcePort, destination, destinationPort, UDP);
        byte[] other = frame(source, sourcePort, destination, destinationPort, ICMP);
        assertHash(PacketHash.SUPPORTED, segment, NetHash.REPORT_TCPV4, all);
        assertHash(PacketHash.SUPPORTED, datagram, NetHash.REPORT_UDPV4, all);
        assertHash(PacketHash.SUPPORTED, other, NetHash.REPORT_IPV4, addresses);
        assertHash(NetHash.TYPE_IPV4 | NetHash.TYPE_UDPV4, segment, NetHash.REPORT_IPV4, addresses);
        assertHash(NetHash.TYPE_IPV4 | NetHash.TYPE_TCPV4, datagram, NetHash.REPORT_IPV4, addresses);
        assertHash(NetHash.TYPE_TCPV4, segment, NetHash.REPORT_TCPV4, all);
        assertThat(hash(NetHash.TYPE_TCPV4, datagram)).isZero();
        assertThat(hash(PacketHash.SUPPORTED & ~(NetHash.TYPE_IPV4 | NetHash.TYPE_TCPV4), segment))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "3ffe:2501:200:1fff::7, 2794, 3ffe:2501:200:3::1, 1766, 2cc18cd5, 40207d3d",
        "3ffe:501:8::260:97ff:fe40:efab, 14230, ff02::1, 4739, 0f0c461c, dde51bbf",
        "3ffe:1900:4545:3:200:f8ff:fe21:67cf, 44251, fe80::200:f8ff:fe21:67cf, 38024, 4b61e985, 02d1feef"
    })
    void ipv6(String source, int sourcePort, String destination, int destinationPort, String addresses, String all)
            throws UnknownHostException {
        byte[] segment = frame(source, sourcePort, destination, destinationPort, TCP);
        byte[] datagram = frame(source, sourcePort, destination, destinationPort, UDP);
        byte[] other = frame(source, sourcePort, destination, destinationPort, ICMP);
        assertHash(PacketHash.SUPPORTED, segment, NetHash.REPORT_TCPV6, all);
        assertHash(PacketHash.SUPPORTED, datagram, NetHash.REPORT_UDPV6, all);
        assertHash(PacketHash.SUPPORTED, other, NetHash.REPORT_IPV6, addresses);
        assertHash(NetHash.TYPE_IPV6, segment, NetHash.REPORT_IPV6, addresses);
        assertThat(hash(NetHash.TYPE_TCP_EX | NetHash.TYPE_IP_EX, segment)).isZero();
    }

    /** The addresses of a mobile node, in extension headers, give the same hash as if they were those of the packet. */
    @Test
    void extensionHeadersOfMobileNodes() throws UnknownHostException {
        byte[] home = InetAddress.getByName("3ffe:2501:200:1fff::7").getAddress();
        byte[] route = InetAddress.getByName("3ffe:2501:200:3::1").getAddress();
        byte[] elsewhere = InetAddress.getByName("2001:db8::1").getAddress();
        byte[] ports = Frames.ports(2794, 1766);
        byte[] options = Frames.concat(HexFormat.of().parseHex("2b0201020000c910"), home);
        byte[] routing = Frames.concat(HexFormat.of().parseHex("0602020100000000"), route);
        byte[] frame = Frames.ip(elsewhere, elsewhere, 60, Frames.concat(options, Frames.concat(routing, ports)));
        assertHash(PacketHash.SUPPORTED, frame, NetHash.REPORT_TCPV6_EX, "40207d3d");
        assertHash(NetHash.TYPE_IP_EX | NetHash.TYPE_UDP_EX, frame, NetHash.REPORT_IPV6_EX, "2cc18cd5");
        // Not asked for, so the extension headers are passed over.
        byte[] plain = Frames.ip(elsewhere, elsewhere, TCP, ports);
        int types = NetHash.TYPE_TCPV6 | NetHash.TYPE_IPV6;
        assertThat(hash(types, frame)).isEqualTo(hash(types, plain)).isNotZero();
        routing[3] = 0;
        routing[2] = 0;
        assertThat(hash(PacketHash.SUPPORTED, Frames.ip(elsewhere, route, 43, Frames.concat(routing, ports))))
                .isNotEqualTo(
                        hash(PacketHash.SUPPORTED, Frames.ip(elsewhere, elsewhere, 43, Frames.concat(routing, ports))));
    }

    @Test
    void behindVlanTags() throws UnknownHostException {
        byte[] frame = frame("66.9.149.187", 2794, "161.142.100.80", 1766, TCP);
        byte[] tag = HexFormat.of().parseHex("88a8000281000064");
        byte[] tagged = new byte[frame.length + 8];
        System.arraycopy(frame, 0, tagged, 0, 12);
        System.arraycopy(tag, 0, tagged, 12, 8);
        System.arraycopy(frame, 12, tagged, 20, frame.length - 12);
        assertHash(PacketHash.SUPPORTED, tagged, NetHash.REPORT_TCPV4, "51ccc178");
    }

    @Test
    void fragmentsHaveNoPorts() throws UnknownHostException {
        byte[] frame = frame("66.9.149.187", 2794, "161.142.100.80", 1766, UDP);
        frame[Frames.HEADER + 6] = 0x20;
        assertHash(PacketHash.SUPPORTED, frame, NetHash.REPORT_IPV4, "323e8fc2");
        frame[Frames.HEADER + 6] = 0x40;
        assertHash(PacketHash.SUPPORTED, frame, NetHash.REPORT_UDPV4, "51ccc178");
    }

    /** Whatever is in a frame, looking at it stays within it. */
    @Test
    void nonsenseIsNoPacketOrSomePacket() {
        Random random = new Random(1);
        byte[][] seeds = {
            Frames.ip(new byte[4], new byte[4], TCP, new byte[8]),
            Frames.ip(new byte[16], new byte[16], 60, new byte[200]),
            Frames.ip(new byte[16], new byte[16], 43, new byte[100])
        };
        PacketHash hash = new PacketHash(PacketHash.SUPPORTED, KEY);
        AutomaticSteering steering = new AutomaticSteering(3);
        int hashed = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] frame = seeds[i % seeds.length].clone();
            for (int flips = random.nextInt(8); flips > 0; flips--) {
                frame[Frames.HEADER - 2 + random.nextInt(frame.length - Frames.HEADER + 2)] =
                        (byte) (random.nextBoolean() ? random.nextInt() : random.nextBoolean() ? 60 : 201);
            }
            int length = random.nextInt(frame.length + 1);
            ByteBuf buffer = Unpooled.wrappedBuffer(frame, 0, length);
            hashed += hash.of(buffer, 0, length) == 0 ? 0 : 1;
            assertThat(steering.pair(buffer, 0, length)).isBetween(0, 2);
        }
        assertThat(hashed).isBetween(20_000, 180_000);
    }
}
