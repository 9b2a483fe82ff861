// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the network says about itself: routers' and neighbours' messages, true ones and forged ones. */
class NetworkNewsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int ROUTER = VirtualNetwork.LEFT + 50;

    private final VirtualNetwork network = new VirtualNetwork(30);

    /** An ICMP message to the left stack, about a segment that it has sent. */
    private void tell(int code, int mtu, TcpSocket about, int sequence) {
        Packet packet = Packet.withPayload(8 + 28);
        packet.put16(0, 3 << 8 | code);
        packet.put16(6, mtu);
        packet.put16(8, 0x4500);
        packet.put16(8 + 8, 64 << 8 | Ipv4.TCP);
        packet.put32(8 + 12, VirtualNetwork.LEFT);
        packet.put32(8 + 16, about.remoteAddress());
        packet.put16(28, about.localPort());
        packet.put16(30, about.remotePort());
        packet.put32(32, sequence);
        packet.put16(2, Checksum.of(packet, packet.length()));
        packet.addFront(Ipv4.HEADER);
        packet.put16(0, 0x4500);
        packet.put16(2, packet.length());
        packet.put16(8, 64 << 8 | Ipv4.ICMP);
        packet.put32(12, ROUTER);
        packet.put32(16, VirtualNetwork.LEFT);
        packet.put16(10, Checksum.of(packet, Ipv4.HEADER));
        packet.addFront(Ethernet.HEADER);
        packet.put48(0, network.wire.left.mac());
        packet.put16(12, Ethernet.IPV4);
        byte[] frame = new byte[packet.length()];
        packet.get(0, frame, 0, frame.length);
        network.wire.left.received.add(frame);
        network.left.poll();
    }

    private TcpSocket connected() throws NetworkException {
        network.right.listen(80, 4);
        return network.left.connect(VirtualNetwork.RIGHT, 80, SECOND);
    }

    private static int sequence(byte[] frame) {
        return new Packet(frame, 0, frame.length).i32(Ethernet.HEADER + Ipv4.HEADER + 4);
    }

    /** Notes what the left stack sends from now on. */
    private List<byte[]> watch() {
        List<byte[]> frames = new ArrayList<>();
        network.wire.watcher = (from, frame) -> {
            if (from == network.wire.left) {
                frames.add(frame);
            }
        };
        return frames;
    }

    @Test
    void aSmallerPathIsTakenNoteOf() throws NetworkException {
        TcpSocket socket = connected();
        List<byte[]> lost = watch();
        network.wire.cut = true;
        socket.tryWrite(new byte[5000], 0, 5000);
        network.wire.cut = false;
        assertThat(lost).hasSizeGreaterThan(2);
        assertThat(lost.getFirst()).hasSize(1500 + Ethernet.HEADER);
        List<byte[]> again = watch();
        tell(Icmp.FRAGMENTATION_NEEDED, 900, socket, sequence(lost.getFirst()));
        network.until(() -> !network.left.isUnderWay());
        assertThat(again).hasSizeGreaterThan(5).allMatch(frame -> frame.length <= 900 + Ethernet.HEADER);
        // A forger would have segments without end.
        socket.tryWrite(new byte[5000], 0, 5000);
        List<byte[]> still = watch();
        tell(Icmp.FRAGMENTATION_NEEDED, 68, socket, sequence(again.getLast()) - 1);
        network.until(() -> !network.left.isUnderWay());
        assertThat(still).filteredOn(frame -> frame.length < 576).hasSizeLessThan(5);
    }

    @Test
    void anEstablishedConnectionSurvivesBadNews() throws NetworkException {
        TcpSocket socket = connected();
        List<byte[]> lost = watch();
        network.wire.cut = true;
        socket.tryWrite(new byte[10], 0, 10);
        tell(Icmp.PORT_UNREACHABLE, 0, socket, sequence(lost.getFirst()));
        tell(Icmp.PORT_UNREACHABLE, 0, socket, sequence(lost.getFirst()) + 1_000_000);
        assertThat(socket.state()).isEqualTo(TcpState.ESTABLISHED);
        network.wire.cut = false;
        network.until(() -> !network.left.isUnderWay());
        assertThat(network.left.counters().get(Counter.ICMP_UNREACHABLE)).isEqualTo(2);
    }

    @Test
    void aConnectionToBeHearsWhyItCannotBe() throws NetworkException {
        network.left.ping(VirtualNetwork.RIGHT, 1, SECOND);
        List<byte[]> lost = watch();
        network.wire.cut = true;
        TcpSocket socket = network.left.beginConnect(0, VirtualNetwork.RIGHT, 80);
        tell(1, 0, socket, sequence(lost.getFirst()));
        assertThat(socket.state()).isEqualTo(TcpState.SYN_SENT);
        assertThatThrownBy(() -> socket.awaitConnected(network.now() + SECOND))
                .hasMessageEndingWith("cannot be reached: the network says so");
        TcpSocket other = network.left.beginConnect(0, VirtualNetwork.RIGHT, 80);
        tell(Icmp.PROTOCOL_UNREACHABLE, 0, other, sequence(lost.getLast()));
        assertThat(other.state()).isEqualTo(TcpState.CLOSED);
    }

    @Test
    void lossesInOneWindowAreRepairedInOneGo() throws NetworkException {
        network.wire.delay = 25_000_000;
        TcpListener listener = network.right.listen(80, 4);
        TcpSocket socket = network.left.connect(VirtualNetwork.RIGHT, 80, SECOND);
        TcpSocket reader = listener.accept(network.now() + SECOND);
        assertThat(reader).isNotNull();
        byte[] data = new byte[1_000_000];
        new Random(3).nextBytes(data);
        byte[] received = new byte[data.length];
        int[] state = {0, 0};
        network.wire.loss = 0.03;
        network.await(
                () -> {
                    try {
                        state[0] += socket.tryWrite(data, state[0], data.length - state[0]);
                        state[1] += Math.max(0, reader.tryRead(received, state[1], received.length - state[1]));
                    } catch (NetworkException failed) {
                        throw new IllegalStateException(failed);
                    }
                    return state[1] == data.length;
                },
                network.now() + 600 * SECOND);
        assertThat(received).isEqualTo(data);
        Counters counters = network.left.counters();
        assertThat(counters.get(Counter.TCP_FAST_RETRANSMITTED)).isGreaterThan(10);
        assertThat(counters.get(Counter.TCP_RETRANSMITTED))
                .as("waits for a timer")
                .isLessThan(counters.get(Counter.TCP_FAST_RETRANSMITTED) / 2);
    }

    @Test
    void neighboursAreToldWhoWeAreAndWeKeepIt() throws NetworkException {
        network.pass(10 * SECOND);
        assertThat(network.wire.left.sent).as("two announcements").isEqualTo(2);
        // Somebody claims our address: it stays ours, and he is counted.
        Packet claim = Packet.withPayload(28);
        claim.put32(0, 0x0001_0800);
        claim.put16(4, 0x0604);
        claim.put16(6, 2);
        claim.put48(8, 0x0200_0000_0099L);
        claim.put32(14, VirtualNetwork.LEFT);
        claim.put48(18, network.wire.left.mac());
        claim.put32(24, VirtualNetwork.LEFT);
        claim.addFront(Ethernet.HEADER);
        claim.put48(0, network.wire.left.mac());
        claim.put16(12, Ethernet.ARP);
        byte[] frame = new byte[claim.length()];
        claim.get(0, frame, 0, frame.length);
        network.wire.left.received.add(frame);
        network.left.poll();
        assertThat(network.left.counters().get(Counter.ARP_CONFLICTS)).isOne();
        assertThat(network.left.ping(VirtualNetwork.RIGHT, 10, SECOND)).isPositive();
        assertThat(network.left.neighbours()).isOne();
    }

    @Test
    void aNeighbourInUseIsAskedAgainWhilePacketsFlow() throws NetworkException {
        network.left.ping(VirtualNetwork.RIGHT, 1, SECOND);
        for (int second = 0; second < 180; second++) {
            network.pass(SECOND);
            assertThat(network.left.ping(VirtualNetwork.RIGHT, 1, SECOND))
                    .as("no wait for its address, after %s s", second)
                    .isEqualTo(100_000);
        }
    }
}
