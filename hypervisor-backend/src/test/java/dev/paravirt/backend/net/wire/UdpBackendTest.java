// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static dev.paravirt.backend.net.wire.WirePort.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class UdpBackendTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final WirePort port = new WirePort();
    private final WirePort otherPort = new WirePort();

    @AfterEach
    void everyFrameIsReleased() {
        port.assertAllReleased();
        otherPort.assertAllReleased();
    }

    private static void sendRaw(DatagramSocket socket, byte[] datagram, InetSocketAddress to) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length, to));
    }

    @Test
    void exchangesFramesOnceThePeerHasSpoken() throws Exception {
        try (UdpBackend listening = UdpBackend.listen(ANY);
                UdpBackend calling = UdpBackend.to(listening.address(), null)) {
            listening.attach(port);
            calling.attach(otherPort);
            otherPort.awaitLink(true);
            port.awaitLink(false);
            assertThat(port.send(listening, frame(60, 1)))
                    .as("nobody there yet")
                    .isFalse();
            for (int length : new int[] {14, 60, 1514, 9014, 65507}) {
                assertThat(otherPort.send(calling, frame(length, length))).isTrue();
                assertThat(port.take()).isEqualTo(frame(length, length));
            }
            port.awaitLink(true);
            assertThat(port.send(listening, frame(60, 2))).isTrue();
            assertThat(otherPort.take()).isEqualTo(frame(60, 2));
            assertThat(listening.counters()).isEqualTo(new WireCounters(1, 1, 5, 0));
            assertThat(calling.counters()).isEqualTo(new WireCounters(5, 0, 1, 0));
        }
    }

    @Test
    void dropsWhatNoDatagramHolds() throws Exception {
        try (DatagramSocket peer = new DatagramSocket(ANY);
                UdpBackend backend = UdpBackend.to((InetSocketAddress) peer.getLocalSocketAddress(), null)) {
            backend.attach(port);
            assertThat(port.send(backend, frame(65508, 1))).isFalse();
            assertThat(port.send(backend, frame(60, 2))).isTrue();
            assertThat(backend.counters().dropped()).isEqualTo(1);
        }
    }

    @Test
    void countsWhatIsNoFrame() throws Exception {
        try (DatagramSocket peer = new DatagramSocket(ANY);
                UdpBackend backend = UdpBackend.to((InetSocketAddress) peer.getLocalSocketAddress(), null)) {
            backend.attach(port);
            sendRaw(peer, new byte[0], backend.address());
            sendRaw(peer, new byte[13], backend.address());
            sendRaw(peer, frame(14, 1), backend.address());
            assertThat(port.take()).isEqualTo(frame(14, 1));
            assertThat(backend.counters().malformed()).isEqualTo(1);
        }
    }

    @Test
    void isNotTakenOverByAStranger() throws Exception {
        try (UdpBackend backend = UdpBackend.listen(ANY);
                DatagramSocket scanner = new DatagramSocket(ANY);
                DatagramSocket peer = new DatagramSocket(ANY);
                DatagramSocket stranger = new DatagramSocket(ANY)) {
            backend.attach(port);
            sendRaw(scanner, new byte[3], backend.address());
            sendRaw(peer, frame(60, 1), backend.address());
            port.awaitLink(true);
            assertThat(port.take()).isEqualTo(frame(60, 1));
            sendRaw(stranger, frame(60, 2), backend.address());
            sendRaw(peer, frame(60, 3), backend.address());
            assertThat(port.take()).isEqualTo(frame(60, 3));
            port.send(backend, frame(70, 4));
            DatagramPacket received = new DatagramPacket(new byte[100], 100);
            peer.receive(received);
            assertThat(received.getLength()).isEqualTo(70);
        }
    }

    @Test
    void takesAnotherPeerWhenTheFirstIsGone() throws Exception {
        try (UdpBackend backend = UdpBackend.listen(ANY)) {
            backend.attach(port);
            DatagramSocket first = new DatagramSocket(ANY);
            sendRaw(first, frame(60, 1), backend.address());
            port.awaitLink(true);
            first.close();
            port.send(backend, frame(60, 2));
            port.awaitLink(false);
            assertThat(port.send(backend, frame(60, 2))).isFalse();
            try (DatagramSocket second = new DatagramSocket(ANY)) {
                sendRaw(second, frame(60, 3), backend.address());
                port.awaitLink(true);
                assertThat(port.send(backend, frame(80, 4))).isTrue();
                DatagramPacket received = new DatagramPacket(new byte[100], 100);
                second.receive(received);
                assertThat(received.getLength()).isEqualTo(80);
            }
        }
    }

    @Test
    void waitsForAGivenPeerThatIsNotThereYet() throws Exception {
        DatagramSocket reserved = new DatagramSocket(ANY);
        InetSocketAddress address = (InetSocketAddress) reserved.getLocalSocketAddress();
        reserved.close();
        try (UdpBackend backend = UdpBackend.to(address, null)) {
            backend.attach(port);
            port.awaitLink(true);
            port.send(backend, frame(60, 1));
            port.send(backend, frame(60, 2));
            try (DatagramSocket peer = new DatagramSocket(address)) {
                sendRaw(peer, frame(60, 3), backend.address());
                assertThat(port.take()).isEqualTo(frame(60, 3));
                port.send(backend, frame(60, 4));
                port.send(backend, frame(60, 5));
                peer.receive(new DatagramPacket(new byte[100], 100));
            }
        }
    }

    @Test
    void saysThatAnAddressIsInUse() throws Exception {
        try (UdpBackend first = UdpBackend.listen(ANY)) {
            InetSocketAddress taken = first.address();
            assertThatThrownBy(() -> UdpBackend.listen(taken)).isInstanceOf(BindException.class);
        }
    }

    @Test
    void dropsFramesAfterItsEnd() throws Exception {
        UdpBackend backend = UdpBackend.listen(ANY);
        backend.attach(port);
        backend.close();
        backend.close();
        assertThat(port.send(backend, frame(60, 1))).isFalse();
    }
}
