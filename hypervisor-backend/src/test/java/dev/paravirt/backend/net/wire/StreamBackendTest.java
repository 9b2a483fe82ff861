// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static dev.paravirt.backend.net.wire.WirePort.frame;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class StreamBackendTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @TempDir
    private Path folder;

    private final WirePort port = new WirePort();
    private final WirePort otherPort = new WirePort();

    @AfterEach
    void everyFrameIsReleased() {
        port.assertAllReleased();
        otherPort.assertAllReleased();
    }

    private SocketAddress address(boolean unix) {
        return unix ? UnixDomainSocketAddress.of(folder.resolve("socket")) : ANY;
    }

    private static void write(SocketChannel peer, int... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
        for (int value : bytes) {
            buffer.put((byte) value);
        }
        writeAll(peer, buffer.flip());
    }

    private static void writeAll(SocketChannel peer, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            peer.write(bytes);
        }
    }

    private static ByteBuffer withLength(byte[] frame) {
        return ByteBuffer.allocate(4 + frame.length)
                .putInt(frame.length)
                .put(frame)
                .flip();
    }

    private static byte[] readFrame(SocketChannel peer) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        readFully(peer, length);
        ByteBuffer frame = ByteBuffer.allocate(length.getInt(0));
        readFully(peer, frame);
        return frame.array();
    }

    private static void readFully(SocketChannel peer, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            assertThat(peer.read(buffer)).isPositive();
        }
    }

    /** Whether the other side has ended the connection, perhaps with bytes of ours unread. */
    private static boolean isEnded(SocketChannel peer) {
        try {
            return peer.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exchangesFrames(boolean unix) throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(unix));
                StreamBackend calling = StreamBackend.connect(listening.address())) {
            listening.attach(port);
            calling.attach(otherPort);
            port.awaitLink(true);
            otherPort.awaitLink(true);
            for (int length : new int[] {14, 60, 1514, 65553}) {
                assertThat(otherPort.send(calling, frame(length, length))).isTrue();
                assertThat(port.send(listening, frame(length, -length))).isTrue();
                assertThat(port.take()).isEqualTo(frame(length, length));
                assertThat(otherPort.take()).isEqualTo(frame(length, -length));
            }
            assertThat(port.send(listening, frame(65554, 1))).as("too long").isFalse();
            assertThat(listening.counters()).isEqualTo(new WireCounters(4, 1, 4, 0));
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void keepsOrderAndContentOfManyFrames() throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(true));
                StreamBackend calling = StreamBackend.connect(listening.address())) {
            listening.attach(port);
            calling.attach(otherPort);
            port.awaitLink(true);
            otherPort.awaitLink(true);
            int count = 5_000;
            int taken = 0;
            for (int i = 0; i < count; i++) {
                while (!otherPort.send(calling, frame(14 + i % 3000, i))) {
                    // Dropped: the queue is full, and what is under way arrives.
                    assertThat(port.take()).isEqualTo(frame(14 + taken % 3000, taken));
                    taken++;
                }
            }
            for (; taken < count; taken++) {
                assertThat(port.take()).isEqualTo(frame(14 + taken % 3000, taken));
            }
        }
    }

    @Test
    void connectsAgainAndAgain() throws Exception {
        SocketAddress address = address(true);
        try (StreamBackend calling = StreamBackend.connect(address)) {
            calling.attach(otherPort);
            otherPort.awaitLink(false);
            assertThat(otherPort.send(calling, frame(60, 0))).isFalse();
            for (int i = 1; i <= 3; i++) {
                try (StreamBackend listening = StreamBackend.listen(address)) {
                    listening.attach(port);
                    otherPort.awaitLink(true);
                    assertThat(otherPort.send(calling, frame(60, i))).isTrue();
                    assertThat(port.take()).isEqualTo(frame(60, i));
                }
                otherPort.awaitLink(false);
            }
        }
    }

    @Test
    @SuppressWarnings("try") // closed before its time on purpose
    void servesOnePeerAfterTheOther() throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(false))) {
            listening.attach(port);
            try (SocketChannel first = SocketChannel.open(listening.address());
                    SocketChannel second = SocketChannel.open(listening.address())) {
                port.awaitLink(true);
                writeAll(second, withLength(frame(60, 2)));
                writeAll(first, withLength(frame(60, 1)));
                assertThat(port.take()).isEqualTo(frame(60, 1));
                first.close();
                port.awaitLink(false);
                port.awaitLink(true);
                assertThat(port.take()).isEqualTo(frame(60, 2));
            }
        }
    }

    @Test
    void putsFramesTogetherFromPieces() throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(false));
                SocketChannel peer = SocketChannel.open(listening.address())) {
            listening.attach(port);
            for (byte value : withLength(frame(40, 1)).array()) {
                write(peer, value);
            }
            assertThat(port.take()).isEqualTo(frame(40, 1));
            // One that is too short is left out, and the next is found.
            ByteBuffer both =
                    ByteBuffer.allocate(200).putInt(5).put(new byte[5]).putInt(0);
            writeAll(peer, both.put(withLength(frame(50, 2))).flip());
            assertThat(port.take()).isEqualTo(frame(50, 2));
            assertThat(listening.counters().malformed()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {65554, 65_536_000, -1, Integer.MIN_VALUE})
    void disconnectsAPeerThatAnnouncesWhatIsNoFrame(int length) throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(true));
                SocketChannel peer = SocketChannel.open(listening.address())) {
            listening.attach(port);
            port.awaitLink(true);
            writeAll(peer, ByteBuffer.allocate(100).putInt(length).rewind());
            port.awaitLink(false);
            assertThat(isEnded(peer)).isTrue();
            assertThat(port.poll()).isNull();
            try (SocketChannel next = SocketChannel.open(listening.address())) {
                port.awaitLink(true);
                writeAll(next, withLength(frame(60, 1)));
                assertThat(port.take()).isEqualTo(frame(60, 1));
            }
        }
    }

    @Test
    void survivesAPeerThatEndsWithinAFrame() throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(true))) {
            listening.attach(port);
            for (int i = 0; i < 3; i++) {
                try (SocketChannel peer = SocketChannel.open(listening.address())) {
                    port.awaitLink(true);
                    write(peer, 0, 0, 0, 60, 1, 2, 3);
                }
                port.awaitLink(false);
            }
            assertThat(port.poll()).isNull();
        }
    }

    @Test
    void neverWaitsForAPeerThatDoesNotRead() throws Exception {
        int count = 20_000;
        try (StreamBackend listening = StreamBackend.listen(address(true));
                SocketChannel peer = SocketChannel.open(listening.address())) {
            listening.attach(port);
            port.awaitLink(true);
            int taken = 0;
            for (int i = 0; i < count; i++) {
                taken += port.send(listening, frame(1514, i)) ? 1 : 0;
            }
            assertThat(taken).isBetween(1, count - 1);
            assertThat(listening.counters().dropped()).isEqualTo(count - taken);
            // What it sends is taken all the same.
            writeAll(peer, withLength(frame(60, 1)));
            assertThat(port.take()).isEqualTo(frame(60, 1));
            // Once it reads, all that was taken comes, and whole.
            int last = -1;
            for (int i = 0; i < taken; i++) {
                byte[] received = readFrame(peer);
                do {
                    last++;
                } while (last < count && !Arrays.equals(received, frame(1514, last)));
                assertThat(last).isLessThan(count);
            }
            assertThat(port.send(listening, frame(60, 2))).isTrue();
            assertThat(readFrame(peer)).isEqualTo(frame(60, 2));
        }
    }

    @Test
    void countsWhatAPeerNeverTook() throws Exception {
        StreamBackend listening = StreamBackend.listen(address(true));
        listening.attach(port);
        try (SocketChannel peer = SocketChannel.open(listening.address())) {
            port.awaitLink(true);
            int count = 20_000;
            for (int i = 0; i < count; i++) {
                port.send(listening, frame(1514, 0));
            }
            listening.close();
            WireCounters counters = listening.counters();
            assertThat(counters.sent() + counters.dropped()).isEqualTo(count);
            int read = 0;
            ByteBuffer all = ByteBuffer.allocate(8 << 20);
            while (peer.read(all) > 0) {
                read = all.position() / 1518;
            }
            assertThat((long) read).isEqualTo(counters.sent());
        }
    }

    @Test
    @SuppressWarnings("try") // closed before its time on purpose
    void severalThreadsSendAtOnce() throws Exception {
        try (StreamBackend listening = StreamBackend.listen(address(true));
                SocketChannel peer = SocketChannel.open(listening.address())) {
            listening.attach(port);
            port.awaitLink(true);
            CountDownLatch done = new CountDownLatch(2);
            int count = 2_000;
            WirePort[] senders = {new WirePort(), new WirePort()};
            for (WirePort sender : senders) {
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < count; i++) {
                        sender.send(listening, frame(100, i));
                    }
                    done.countDown();
                });
            }
            assertThat(done.await(WirePort.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            port.send(listening, frame(60, 0));
            int whole = 0;
            long dropped = listening.counters().dropped();
            for (; whole < 2L * count - dropped; whole++) {
                assertThat(readFrame(peer)).hasSize(100);
            }
            listening.close();
            for (WirePort sender : senders) {
                sender.assertAllReleased();
            }
        }
    }

    @Test
    void listensInPlaceOfADeadServer() throws Exception {
        SocketAddress address = address(true);
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(address);
        }
        StreamBackend listening = StreamBackend.listen(address);
        listening.attach(port);
        try (SocketChannel peer = SocketChannel.open(address)) {
            port.awaitLink(true);
            assertThat(peer.isConnected()).isTrue();
        } finally {
            listening.close();
        }
    }

    @Test
    void endsWhileItConnects() throws Exception {
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path path = folder.resolve("silent");
            silent.bind(UnixDomainSocketAddress.of(path));
            StreamBackend calling = StreamBackend.connect(UnixDomainSocketAddress.of(path));
            calling.attach(port);
            port.awaitLink(true);
            calling.close();
            port.awaitLink(false);
            calling.close();
            assertThat(port.send(calling, frame(60, 1))).isFalse();
            Files.delete(path);
        }
    }
}
