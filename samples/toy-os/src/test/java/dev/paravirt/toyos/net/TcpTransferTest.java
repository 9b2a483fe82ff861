// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every byte arrives, once and in order, whatever the wire does. */
class TcpTransferTest {
    private static final int PORT = 80;

    /** One direction of a connection: random bytes in pieces of random sizes, and their check sums at both ends. */
    private static final class Transfer {
        final TcpSocket from;
        final TcpSocket to;
        final Random random;
        final CRC32 sent = new CRC32();
        final CRC32 received = new CRC32();
        final byte[] piece = new byte[20_000];
        final byte[] target = new byte[20_000];
        long remaining;
        long arrived;
        int start;
        int end;
        boolean over;

        Transfer(TcpSocket from, TcpSocket to, long bytes, long seed) {
            this.from = from;
            this.to = to;
            remaining = bytes;
            random = new Random(seed);
        }

        boolean progress() {
            try {
                write();
                int n = to.tryRead(target, 0, 1 + random.nextInt(target.length));
                while (n > 0) {
                    received.update(target, 0, n);
                    arrived += n;
                    n = to.tryRead(target, 0, 1 + random.nextInt(target.length));
                }
                over |= n < 0;
                return over;
            } catch (NetworkException failed) {
                throw new AssertionError(failed);
            }
        }

        private void write() throws NetworkException {
            while (start == end && remaining > 0) {
                fill();
                start += from.tryWrite(piece, start, end - start);
            }
            if (start < end) {
                start += from.tryWrite(piece, start, end - start);
            }
            if (start == end && remaining == 0) {
                from.shutdownOutput();
            }
        }

        private void fill() {
            random.nextBytes(piece);
            start = 0;
            end = (int) Math.min(remaining, 1 + random.nextInt(piece.length));
            sent.update(piece, 0, end);
            remaining -= end;
        }

        void check(long bytes) {
            assertThat(arrived).isEqualTo(bytes);
            assertThat(received.getValue()).isEqualTo(sent.getValue());
        }
    }

    @ParameterizedTest(name = "loss {0}, duplication {1}, corruption {2}, reordering {3}, delay {4} us, seed {5}")
    @CsvSource({
        "0,    0,    0,    0,    50,    1",
        "0.01, 0,    0,    0,    25000, 2",
        "0.05, 0,    0,    0,    1000,  3",
        "0,    0.2,  0,    0,    1000,  4",
        "0,    0,    0.05, 0,    1000,  5",
        "0,    0,    0,    0.3,  1000,  6",
        "0.03, 0.05, 0.03, 0.1,  5000,  7",
        "0.2,  0.1,  0.1,  0.3,  500,   8",
    })
    void bothWaysAtOnce(double loss, double duplication, double corruption, double reordering, long delay, long seed)
            throws NetworkException {
        VirtualNetwork network = new VirtualNetwork(seed);
        network.wire.loss = loss;
        network.wire.duplication = duplication;
        network.wire.corruption = corruption;
        network.wire.reordering = reordering;
        network.wire.delay = delay * 1000;
        TcpListener listener = network.right.listen(PORT, 4);
        TcpSocket client = network.left.beginConnect(0, VirtualNetwork.RIGHT, PORT);
        network.until(() -> listener.pending() && client.state() == TcpState.ESTABLISHED);
        TcpSocket server = listener.poll();
        assertThat(server).isNotNull();
        long bytes = 4_000_000;
        Transfer up = new Transfer(client, server, bytes, seed);
        Transfer down = new Transfer(server, client, bytes, seed + 100);
        network.until(() -> {
            boolean upDone = up.progress();
            return down.progress() && upDone;
        });
        up.check(bytes);
        down.check(bytes);
        client.close();
        server.close();
        network.until(() -> network.left.connections() + network.right.connections() == 0);
        if (loss > 0) {
            Counters counters = network.left.counters();
            assertThat(counters.get(Counter.TCP_RETRANSMITTED) + counters.get(Counter.TCP_FAST_RETRANSMITTED))
                    .isPositive();
        }
    }

    /** A line of 100 Mbit/s whose queue overflows: congestion control finds what goes through, and keeps the line busy. */
    @ParameterizedTest(name = "delay {0} us, queue {1} frames, at least {2} % of the line")
    @CsvSource({"100, 90, 80", "5000, 90, 80", "5000, 20, 60", "25000, 100, 50", "1000, 5, 50"})
    void aQueueThatOverflowsDoesNotStopTheFlow(long delay, int frames, int percent) throws NetworkException {
        VirtualNetwork network = new VirtualNetwork(22);
        network.wire.delay = delay * 1000;
        network.wire.nanosPerByte = 80;
        network.wire.queuedBytes = frames * 1514L;
        TcpListener listener = network.right.listen(PORT, 4);
        TcpSocket client = network.left.connect(VirtualNetwork.RIGHT, PORT, 1_000_000_000L);
        TcpSocket server = listener.accept(Long.MAX_VALUE);
        assertThat(server).isNotNull();
        long bytes = 20_000_000;
        Transfer transfer = new Transfer(client, server, bytes, 1);
        long started = network.now();
        network.until(transfer::progress);
        transfer.check(bytes);
        assertThat(network.wire.overflows).isPositive();
        assertThat(bytes * network.wire.nanosPerByte * 100 / (network.now() - started))
                .isGreaterThanOrEqualTo(percent);
    }

    @Test
    void blockingCallsMoveMoreThanTheBuffersHold() throws NetworkException {
        VirtualNetwork network = new VirtualNetwork(20);
        TcpListener listener = network.right.listen(PORT, 4);
        TcpSocket client = network.left.connect(VirtualNetwork.RIGHT, PORT, 1_000_000_000L);
        TcpSocket server = listener.accept(Long.MAX_VALUE);
        assertThat(server).isNotNull();
        byte[] sent = new byte[1_500_000];
        new Random(20).nextBytes(sent);
        client.write(sent, 0, sent.length);
        client.shutdownOutput();
        byte[] received = new byte[sent.length];
        int at = 0;
        for (int n = server.read(received, 0, 1000); n > 0; n = server.read(received, at, received.length - at)) {
            at += n;
            if (at == received.length) {
                break;
            }
        }
        assertThat(received).isEqualTo(sent);
        assertThat(server.read(new byte[1], 0, 1)).isEqualTo(-1);
    }

    @Test
    void aClosedWindowIsProbedUntilTheReaderComesBack() throws NetworkException {
        VirtualNetwork network = new VirtualNetwork(21);
        TcpListener listener = network.right.listen(PORT, 4);
        TcpSocket client = network.left.connect(VirtualNetwork.RIGHT, PORT, 1_000_000_000L);
        TcpSocket server = listener.accept(Long.MAX_VALUE);
        assertThat(server).isNotNull();
        byte[] block = new byte[1 << 20];
        new Random(21).nextBytes(block);
        CRC32 sent = new CRC32();
        for (int i = 0; i < 2; i++) {
            // The first block fills the receiver, the second one waits in the sender.
            sent.update(block);
            client.write(block, 0, block.length);
        }
        network.pass(600_000_000_000L);
        assertThat(network.left.counters().get(Counter.TCP_PROBES)).isGreaterThan(50);
        // The news that the window is open again gets lost: the next probe finds it out.
        CRC32 received = new CRC32();
        byte[] target = new byte[block.length];
        network.wire.cut = true;
        int first = server.tryRead(target, 0, target.length);
        received.update(target, 0, first);
        network.right.poll();
        network.wire.cut = false;
        client.shutdownOutput();
        for (int n = server.read(target, 0, target.length); n > 0; n = server.read(target, 0, target.length)) {
            received.update(target, 0, n);
        }
        assertThat(received.getValue()).isEqualTo(sent.getValue());
    }

    @Test
    void aPeerThatFallsSilentEndsTheConnectionWithAnError() throws NetworkException {
        VirtualNetwork network = new VirtualNetwork(22);
        TcpListener listener = network.right.listen(PORT, 4);
        TcpSocket client = network.left.connect(VirtualNetwork.RIGHT, PORT, 1_000_000_000L);
        assertThat(listener.accept(Long.MAX_VALUE)).isNotNull();
        network.wire.cut = true;
        client.write(new byte[1000], 0, 1000);
        network.until(() -> client.state() == TcpState.CLOSED);
        assertThat(network.left.connections()).isZero();
        assertThatThrownBy(() -> client.read(new byte[1], 0, 1))
                .isInstanceOf(NetworkException.class)
                .hasMessage("TCP connection: 10.0.0.2:80 does not answer");
    }
}
