// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Everything but streams: neighbours, echo, datagrams, names and leases; and how connections begin and end. */
class NetworkServicesTest {
    private static final long SECOND = 1_000_000_000L;

    private final VirtualNetwork network = new VirtualNetwork(3);

    @Test
    void echoFindsTheNeighbourFirst() throws NetworkException {
        // Until both have told who they are.
        network.pass(10 * SECOND);
        assertThat(network.left.ping(VirtualNetwork.RIGHT, 1000, SECOND)).isEqualTo(200_000);
        assertThat(network.left.ping(VirtualNetwork.RIGHT, 1000, SECOND)).isEqualTo(100_000);
        assertThat(network.left.ping(0x7F000001, 56, SECOND)).isNotNegative();
        assertThat(network.left.ping(VirtualNetwork.RIGHT + 5, 56, SECOND)).isEqualTo(-1);
        network.pass(120 * SECOND);
        assertThat(network.left.neighbours()).isZero();
        assertThat(network.left.counters().get(Counter.ARP_UNRESOLVED)).isOne();
    }

    @Test
    void datagramsReachTheirPort() throws NetworkException {
        UdpSocket from = network.left.bind(0);
        UdpSocket to = network.right.bind(7);
        from.send(VirtualNetwork.RIGHT, 7, "hello".getBytes(StandardCharsets.UTF_8));
        Datagram datagram = to.receive(network, network.now() + SECOND);
        assertThat(datagram).isNotNull();
        assertThat(datagram.data()).asString(StandardCharsets.UTF_8).isEqualTo("hello");
        assertThat(datagram.port()).isEqualTo(from.port());
        assertThatThrownBy(() -> from.send(VirtualNetwork.RIGHT, 7, new byte[1473]))
                .hasMessageContaining("this interface takes 1472");
        from.send(VirtualNetwork.RIGHT, 8, new byte[1]);
        network.pass(SECOND);
        assertThat(network.right.counters().get(Counter.UDP_NO_PORT)).isOne();
    }

    @Test
    void aRefusedConnectionSaysSo() {
        assertThatThrownBy(() -> network.left.connect(VirtualNetwork.RIGHT, 81, SECOND))
                .isInstanceOf(NetworkException.class)
                .hasMessage("TCP connection: 10.0.0.2:81 refused the connection");
    }

    @Test
    void bothMayOpenAndCloseAtOnce() throws NetworkException {
        network.left.ping(VirtualNetwork.RIGHT, 1, SECOND);
        TcpSocket left = network.left.beginConnect(1000, VirtualNetwork.RIGHT, 2000);
        TcpSocket right = network.right.beginConnect(2000, VirtualNetwork.LEFT, 1000);
        network.until(() -> left.state() == TcpState.ESTABLISHED && right.state() == TcpState.ESTABLISHED);
        left.close();
        right.close();
        network.until(() -> left.state() == TcpState.TIME_WAIT && right.state() == TcpState.TIME_WAIT);
        network.until(() -> network.left.connections() + network.right.connections() == 0);
    }

    @Test
    void aLeaseIsTakenAndKept() throws NetworkException {
        network.left.configure(Configuration.NONE);
        UdpSocket server = network.right.bind(67);
        network.left.startDhcp();
        for (int renewals = 0; renewals < 4; renewals++) {
            network.until(server::pending);
            answer(server);
        }
        network.pass(SECOND);
        assertThat(network.left.configuration())
                .isEqualTo(new Configuration(
                        VirtualNetwork.LEFT + 8, 24, VirtualNetwork.RIGHT, List.of(VirtualNetwork.RIGHT)));
        // The server falls silent: the address is given back when the lease ends.
        network.pass(700 * SECOND);
        assertThat(network.left.configuration()).isEqualTo(Configuration.NONE);
    }

    /** While the first address is asked for, those who need it wait; when that has become hopeless they fail at once. */
    @Test
    void whatIsSentBeforeThereIsAnAddressWaitsForIt() throws NetworkException {
        network.left.configure(Configuration.NONE);
        network.left.startDhcp();
        long started = network.now();
        assertThatThrownBy(() -> network.left.ping(VirtualNetwork.RIGHT, 56, SECOND))
                .isInstanceOf(NetworkException.class);
        assertThat(network.now() - started).isBetween(9 * SECOND, 11 * SECOND);
        long later = network.now();
        assertThatThrownBy(() -> network.left.connect(VirtualNetwork.RIGHT, 80, SECOND))
                .isInstanceOf(NetworkException.class);
        assertThat(network.now()).isEqualTo(later);
    }

    @Test
    void anEchoRightAfterTheStartGetsThrough() throws NetworkException {
        network.left.configure(Configuration.NONE);
        UdpSocket server = network.right.bind(67);
        network.meanwhile = () -> {
            if (server.pending()) {
                answer(server);
            }
        };
        network.left.startDhcp();
        assertThat(network.left.ping(VirtualNetwork.RIGHT, 56, SECOND)).isPositive();
    }

    private static void answer(UdpSocket server) {
        Datagram request = server.poll();
        assertThat(request).isNotNull();
        boolean discover = request.data()[242] == DhcpMessage.DISCOVER;
        int to = request.address() == 0 ? Ipv4Address.BROADCAST : request.address();
        try {
            server.send(to, 68, reply(request.data(), discover ? DhcpMessage.OFFER : DhcpMessage.ACK));
        } catch (NetworkException failed) {
            throw new AssertionError(failed);
        }
    }

    private static byte[] reply(byte[] request, int type) {
        byte[] data = request.clone();
        Packet packet = new Packet(data, 0, data.length);
        packet.put8(0, 2);
        packet.put32(16, VirtualNetwork.LEFT + 8);
        packet.put8(242, type);
        int at = 243;
        int[][] options = {
            {1, 0xFFFFFF00}, {3, VirtualNetwork.RIGHT}, {6, VirtualNetwork.RIGHT}, {51, 600}, {54, VirtualNetwork.RIGHT}
        };
        for (int[] option : options) {
            packet.put16(at, option[0] << 8 | 4);
            packet.put32(at + 2, option[1]);
            at += 6;
        }
        packet.put8(at, 255);
        return data;
    }
}
