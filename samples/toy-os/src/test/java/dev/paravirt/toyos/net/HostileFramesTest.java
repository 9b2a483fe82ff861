// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever arrives is counted or answered: never an exception, never a hang, and the stack works on afterwards. */
class HostileFramesTest {
    private VirtualNetwork network = new VirtualNetwork(1);

    @BeforeEach
    void freshNetwork() {
        network = new VirtualNetwork(1);
    }

    static Stream<Arguments> corpus() throws IOException {
        try (InputStream resource = HostileFramesTest.class.getResourceAsStream("hostile-frames.txt")) {
            return new String(Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> !line.startsWith("#"))
                            .map(line -> Arguments.of((Object[]) line.split("; ")))
                            .toList()
                            .stream();
        }
    }

    /** Frames that once broke a stack, of ours or of others, or break one rule each. */
    @ParameterizedTest(name = "{1}")
    @MethodSource("corpus")
    void eachOfTheCorpusIsCounted(Counter counter, String what, String frame) throws NetworkException {
        network.right.listen(80, 16);
        network.right.bind(53);
        long before = network.right.counters().get(counter);
        deliver(HexFormat.of().parseHex(frame));
        assertThat(network.right.counters().get(counter)).as(what).isEqualTo(before + 1);
        assertThatItStillWorks();
    }

    @Test
    void randomBytes() throws NetworkException {
        Random random = new Random(11);
        for (int i = 0; i < 30_000; i++) {
            byte[] frame = new byte[1 + random.nextInt(100)];
            random.nextBytes(frame);
            address(frame, random.nextInt(3));
            network.wire.right.received.add(frame);
            network.right.poll();
        }
        Counters counters = network.right.counters();
        assertThat(counters.get(Counter.FRAMES_RECEIVED)).isEqualTo(30_000);
        assertThat(counters.get(Counter.ETHERNET_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.ARP_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.IP_MALFORMED)).isPositive();
        assertThatItStillWorks();
    }

    private void address(byte[] frame, int type) {
        if (frame.length >= Ethernet.HEADER) {
            Packet packet = new Packet(frame, 0, frame.length);
            packet.put48(0, network.wire.right.mac());
            packet.put16(12, type == 0 ? Ethernet.ARP : Ethernet.IPV4);
        }
    }

    @Test
    void payloadsOfRandomBytesBehindGoodHeaders() throws NetworkException {
        Random random = new Random(12);
        network.right.listen(80, 16);
        network.right.bind(53);
        for (int i = 0; i < 30_000; i++) {
            byte[] payload = new byte[random.nextInt(80)];
            random.nextBytes(payload);
            int protocol = List.of(Ipv4.ICMP, Ipv4.UDP, Ipv4.TCP, 99).get(random.nextInt(4));
            deliver(frame(payload, protocol, VirtualNetwork.LEFT + random.nextInt(3)));
        }
        Counters counters = network.right.counters();
        assertThat(counters.get(Counter.ICMP_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.UDP_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.TCP_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.IP_UNKNOWN_PROTOCOL)).isPositive();
        assertThatItStillWorks();
    }

    /** Segments with good check sums and random fields, to a listener and to a connection. */
    @Test
    void segmentsWithRandomFields() throws NetworkException {
        Random random = new Random(13);
        network.right.listen(80, 16);
        TcpSocket socket = network.left.connect(VirtualNetwork.RIGHT, 80, 1_000_000_000L);
        for (int i = 0; i < 30_000; i++) {
            byte[] payload = new byte[TcpSegment.HEADER + random.nextInt(60)];
            random.nextBytes(payload);
            Packet segment = Packet.copyOf(payload, 0, payload.length);
            segment.put16(0, random.nextBoolean() ? socket.localPort() : random.nextInt(4));
            segment.put16(2, 80);
            segment.put8(12, 5 + random.nextInt(11) << 4);
            if (payload.length >= TcpSegment.HEADER + 12 && random.nextBoolean()) {
                // Ranges that were never sent, or end before they begin.
                segment.put32(20, 0x0101_0500 | 2 + 8 * random.nextInt(6));
            }
            segment.put16(16, 0);
            int checksum = Checksum.withPseudoHeader(segment, VirtualNetwork.LEFT, VirtualNetwork.RIGHT, Ipv4.TCP);
            segment.put16(16, checksum);
            segment.get(0, payload, 0, payload.length);
            deliver(frame(payload, Ipv4.TCP, VirtualNetwork.LEFT));
        }
        assertThat(network.right.counters().get(Counter.TCP_UNACCEPTABLE)).isPositive();
        assertThat(network.right.counters().get(Counter.TCP_RESET_SENT)).isPositive();
        assertThatItStillWorks();
    }

    /** Messages of each type with good check sums, about packets that were perhaps never sent. */
    @Test
    void icmpWithRandomFields() throws NetworkException {
        Random random = new Random(15);
        network.right.listen(80, 16);
        TcpSocket socket = network.left.connect(VirtualNetwork.RIGHT, 80, 1_000_000_000L);
        for (int i = 0; i < 30_000; i++) {
            byte[] payload = new byte[8 + random.nextInt(50)];
            random.nextBytes(payload);
            Packet message = Packet.copyOf(payload, 0, payload.length);
            message.put8(0, List.of(0, 3, 3, 3, 4, 5, 8, 11).get(random.nextInt(8)));
            message.put8(1, random.nextInt(16));
            if (payload.length >= 8 + 28 && random.nextBoolean()) {
                message.put8(8, 0x45);
                message.put8(8 + 9, random.nextBoolean() ? Ipv4.TCP : Ipv4.ICMP);
                message.put32(8 + 12, VirtualNetwork.RIGHT);
                message.put32(8 + 16, VirtualNetwork.LEFT);
                message.put32(8 + 20, 80 << 16 | socket.localPort());
            }
            message.put16(2, 0);
            message.put16(2, Checksum.of(message, message.length()));
            message.get(0, payload, 0, payload.length);
            deliver(frame(payload, Ipv4.ICMP, VirtualNetwork.LEFT));
        }
        Counters counters = network.right.counters();
        assertThat(counters.get(Counter.ICMP_UNREACHABLE)).isPositive();
        assertThat(counters.get(Counter.ICMP_MALFORMED)).isPositive();
        assertThat(counters.get(Counter.ICMP_IGNORED)).isPositive();
        assertThat(socket.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThatItStillWorks();
    }

    @Test
    void answersOfDhcpAndDnsServersThatAreMutated() {
        Random random = new Random(14);
        byte[] lease = DhcpMessage.build(DhcpMessage.ACK, 7, 9, 0, 0x0A000005, VirtualNetwork.RIGHT);
        lease[0] = 2;
        byte[] question = DnsMessage.question(7, "host.example");
        assertThat(question).isNotNull();
        question[2] = (byte) 0x81;
        question[7] = 3;
        List<Object> understood = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            Object message = DhcpMessage.parse(mutated(lease, random), 7, 9);
            DnsMessage answer = DnsMessage.answer(mutated(question, random), 7, "host.example");
            if (message != null) {
                understood.add(message);
            }
            assertThat(answer == null || answer.addresses.isEmpty()).isTrue();
        }
        assertThat(understood).isNotEmpty().hasSizeLessThan(100_000);
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] bad = Arrays.copyOf(good, good.length - random.nextInt(3) * random.nextInt(good.length) / 2);
        for (int i = random.nextInt(4); i > 0 && bad.length > 0; i--) {
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
        }
        return bad;
    }

    private void deliver(byte[] frame) {
        network.wire.right.received.add(frame);
        network.right.poll();
    }

    private byte[] frame(byte[] payload, int protocol, int source) {
        Packet packet = Packet.copyOf(payload, 0, payload.length);
        packet.addFront(Ipv4.HEADER);
        packet.put16(0, 0x4500);
        packet.put16(2, packet.length());
        packet.put16(8, 64 << 8 | protocol);
        packet.put32(12, source);
        packet.put32(16, VirtualNetwork.RIGHT);
        packet.put16(10, Checksum.of(packet, Ipv4.HEADER));
        packet.addFront(Ethernet.HEADER);
        packet.put48(0, network.wire.right.mac());
        packet.put16(12, Ethernet.IPV4);
        byte[] frame = new byte[packet.length()];
        packet.get(0, frame, 0, frame.length);
        return frame;
    }

    private void assertThatItStillWorks() throws NetworkException {
        network.pass(300_000_000_000L);
        assertThat(network.left.ping(VirtualNetwork.RIGHT, 56, 5_000_000_000L)).isPositive();
    }
}
