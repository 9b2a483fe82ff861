// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.wire.PasstBackend;
import dev.paravirt.backend.net.wire.PortForward;
import dev.paravirt.backend.net.wire.PortForward.Protocol;
import dev.paravirt.toyos.net.Configuration;
import dev.paravirt.toyos.net.TcpListener;
import dev.paravirt.toyos.net.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our wire to passt, which nobody here wrote, and the host's network stack behind it. */
@Timeout(120)
class PasstBackendTest {
    private static final long MAC = 0x0200_0000_0011L;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);
    private static final int BYTES = 2 << 20;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @BeforeEach
    void require() {
        WireTools.require("passt", "passt");
    }

    private static byte[] content(int seed) {
        byte[] content = new byte[BYTES];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, LOOPBACK)) {
            return free.getLocalPort();
        }
    }

    private static byte[] readAll(TcpSocket socket) throws Exception {
        byte[] content = new byte[BYTES + 1];
        int length = 0;
        for (int read = 0; read >= 0; read = socket.read(content, length, content.length - length)) {
            length += read;
            assertThat(length).isLessThanOrEqualTo(BYTES);
        }
        return Arrays.copyOf(content, length);
    }

    /** The gateway's address leads to this host's loopback. */
    @Test
    void takesTheGuestToThisHostAndBack() throws Exception {
        int port = freePort();
        PasstBackend passt = PasstBackend.start(List.of(new PortForward(Protocol.TCP, "127.0.0.1", port, 80)));
        ProcessHandle process = passt.process();
        try (WireStation guest = new WireStation(passt, MAC);
                ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            guest.awaitLink(true);
            Configuration configuration = guest.stack.awaitDhcp(PATIENCE);
            assertThat(configuration.address()).isNotZero();
            CompletableFuture<byte[]> atServer = CompletableFuture.supplyAsync(() -> exchange(server));
            TcpSocket outward = guest.stack.connect(configuration.gateway(), server.getLocalPort(), PATIENCE);
            // Without ending our stream: passt of 2023 sends things twice from then on.
            outward.write(content(1), 0, BYTES);
            assertThat(readAll(outward)).isEqualTo(content(2));
            assertThat(atServer.get()).isEqualTo(content(1));

            TcpListener listener = guest.stack.listen(80, 4);
            CompletableFuture<byte[]> atClient = CompletableFuture.supplyAsync(() -> fetch(port));
            TcpSocket inward = listener.accept(System.nanoTime() + PATIENCE);
            assertThat(inward).isNotNull();
            assertThat(inward.read(new byte[1], 0, 1)).isEqualTo(1);
            inward.write(content(3), 0, BYTES);
            inward.shutdownOutput();
            guest.await(atClient::isDone, System.nanoTime() + PATIENCE);
            assertThat(atClient.get()).isEqualTo(content(3));
        }
        assertThat(process.isAlive()).isFalse();
    }

    private static byte[] exchange(ServerSocket server) {
        try (Socket socket = server.accept()) {
            byte[] received = socket.getInputStream().readNBytes(BYTES);
            socket.getOutputStream().write(content(2));
            return received;
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static byte[] fetch(int port) {
        try (Socket socket = new Socket(LOOPBACK, port)) {
            // passt of 2023 acknowledges the guest's side of the handshake only with the client's first byte.
            socket.getOutputStream().write('?');
            return socket.getInputStream().readAllBytes();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void saysThatAPortIsInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
            PortForward forward = new PortForward(Protocol.TCP, "127.0.0.1", taken.getLocalPort(), 80);
            assertThatThrownBy(() -> PasstBackend.start(List.of(forward)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("passt")
                    .hasMessageContaining(String.valueOf(taken.getLocalPort()));
        }
    }

    @Test
    void theLinkGoesDownWhenItEnds() throws Exception {
        PasstBackend passt = PasstBackend.start(List.of());
        try (WireStation guest = new WireStation(passt, MAC)) {
            guest.awaitLink(true);
            passt.process().destroyForcibly();
            guest.awaitLink(false);
        }
    }

    @Test
    void endsThoughItWasNeverUsed() throws Exception {
        PasstBackend passt = PasstBackend.start(List.of());
        passt.close();
        assertThat(passt.process().isAlive()).isFalse();
    }
}
