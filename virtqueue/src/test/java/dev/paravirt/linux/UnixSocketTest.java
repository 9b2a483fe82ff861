// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.queue.traffic.OpenDescriptors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class UnixSocketTest {
    private static final long SECONDS_20 = TimeUnit.SECONDS.toNanos(20);

    private static ReceivedMessage receive(UnixSocket socket, MemorySegment buffer, int maxDescriptors)
            throws IOException {
        assertThat(socket.awaitReadable(SECONDS_20)).as("something to receive").isTrue();
        ReceivedMessage message = socket.receive(buffer, maxDescriptors);
        assertThat(message).isNotNull();
        return message;
    }

    @Test
    void carriesBytesAndDescriptors() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket near = pair.first();
                UnixSocket far = pair.second();
                Eventfd doorbell = Eventfd.create();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(64);
            assertThat(far.receive(buffer, 4)).isNull();
            near.send(arena.allocateFrom("hello"), List.of(doorbell.descriptor()), SECONDS_20);
            try (ReceivedMessage message = receive(far, buffer, 4)) {
                assertThat(message.length()).isEqualTo(6);
                assertThat(buffer.getString(0)).isEqualTo("hello");
                assertThat(message.descriptorCount()).isEqualTo(1);
                try (Eventfd received = Eventfd.adopt(message.take(0))) {
                    received.signal();
                    assertThat(doorbell.drain()).isEqualTo(1);
                }
                assertThatThrownBy(() -> message.take(0)).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void theEndOfAPeerIsTheEndOfTheStream() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket near = pair.first();
                Arena arena = Arena.ofConfined()) {
            pair.second().close();
            try (ReceivedMessage message = receive(near, arena.allocate(1), 0)) {
                assertThat(message.isEndOfStream()).isTrue();
            }
            assertThatThrownBy(() -> near.send(arena.allocate(1), List.of(), SECONDS_20))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EPIPE");
        }
    }

    @Test
    void aPeerThatDoesNotReadCannotHoldTheSenderUp() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket near = pair.first();
                UnixSocket far = pair.second();
                Arena arena = Arena.ofConfined()) {
            MemorySegment much = arena.allocate(16 << 20);
            assertThatThrownBy(() -> near.send(much, List.of(), 20_000_000))
                    .hasMessageContaining("does not read")
                    .hasMessageContaining("ETIMEDOUT");
            assertThat(far.descriptor().isOpen()).isTrue();
        }
    }

    @Test
    void hostileMessagesLeaveNothingOpen() throws IOException {
        Random random = new Random(42);
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket hostile = pair.first();
                UnixSocket near = pair.second();
                Eventfd doorbell = Eventfd.create();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(16);
            int refused = 0;
            long before = OpenDescriptors.count();
            for (int round = 0; round < 1000; round++) {
                List<FileDescriptor> many =
                        new ArrayList<>(Collections.nCopies(random.nextInt(20), doorbell.descriptor()));
                hostile.send(arena.allocate(1 + random.nextInt(40)), many, SECONDS_20);
                refused += rejectAll(near, buffer, random.nextInt(20));
            }
            assertThat(refused).as("messages with too many descriptors").isGreaterThan(100);
            assertThat(OpenDescriptors.count()).isEqualTo(before);
        }
    }

    private static int rejectAll(UnixSocket socket, MemorySegment buffer, int maxDescriptors) throws IOException {
        int refused = 0;
        while (socket.awaitReadable(0)) {
            try (ReceivedMessage message = requireNonNull(socket.receive(buffer, maxDescriptors))) {
                assertThat(message.descriptorCount()).isLessThanOrEqualTo(maxDescriptors);
            } catch (LinuxException unexpected) {
                throw unexpected;
            } catch (IOException tooMany) {
                assertThat(tooMany).hasMessageContaining("sent more than the " + maxDescriptors + " descriptors");
                refused++;
            }
        }
        return refused;
    }

    @Test
    void listensForItsOwnUserAlone(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("socket");
        try (UnixListener listener = UnixListener.listen(path)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
            assertThat(listener.accept()).isNull();
            try (UnixSocket client = UnixSocket.connect(path)) {
                assertThat(listener.await(SECONDS_20)).isTrue();
                try (UnixSocket server = requireNonNull(listener.accept())) {
                    assertThat(server.peer().process())
                            .isEqualTo((int) ProcessHandle.current().pid());
                    assertThat(client.descriptor().isOpen()).isTrue();
                }
            }
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void refusesThePathOfALiveServer(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("socket");
        try (UnixListener listener = UnixListener.listen(path)) {
            assertThatThrownBy(() -> UnixListener.listen(path))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("a server already listens at")
                    .hasMessageContaining(path.toString());
            assertThat(listener.path()).exists();
        }
    }

    @Test
    void bindsAChannelInPlaceOfADeadOneAlone(@TempDir Path directory) throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("socket"));
        try (ServerSocketChannel second = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            try (ServerSocketChannel first = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                UnixListener.bind(first, address);
                assertThatThrownBy(() -> UnixListener.bind(second, address))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContaining("a server already listens at");
            }
            assertThat(address.getPath()).exists();
            UnixListener.bind(second, address);
            try (SocketChannel client = SocketChannel.open(address)) {
                assertThat(client.isConnected()).isTrue();
            }
        }
    }

    @Test
    void replacesWhatADeadServerLeft(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("socket");
        try (ChildJvm server = ChildJvm.start(Server.class, path.toString())) {
            assertThat(server.line()).isEqualTo("listening");
        }
        awaitEnd(path);
        assertThat(path).exists();
        try (UnixListener listener = UnixListener.listen(path);
                UnixSocket client = UnixSocket.connect(path)) {
            assertThat(listener.await(SECONDS_20)).isTrue();
            assertThat(client.descriptor().isOpen()).isTrue();
        }
    }

    /** The killed server is gone when its socket refuses. */
    private static void awaitEnd(Path path) throws IOException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < SECONDS_20) {
            try {
                UnixSocket.connect(path).close();
            } catch (LinuxException refused) {
                if (refused.errno() == Errno.ECONNREFUSED) {
                    return;
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("the server still listens");
    }

    static final class Server {
        public static void main(String[] arguments) throws IOException {
            try (UnixListener listener = UnixListener.listen(Path.of(arguments[0]))) {
                System.out.println("listening");
                listener.await(SECONDS_20 * 2);
                while (true) {
                    listener.accept();
                    listener.await(SECONDS_20 * 2);
                }
            }
        }
    }

    @Test
    void neverReplacesAFile(@TempDir Path directory) throws IOException {
        Path path = Files.writeString(directory.resolve("precious"), "data");
        assertThatThrownBy(() -> UnixListener.listen(path)).hasMessageContaining("not a socket");
        assertThat(path).hasContent("data");
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nowhere"));
        assertThatThrownBy(() -> UnixListener.listen(link)).hasMessageContaining("not a socket");
    }

    @Test
    void saysWhyAPathCannotBeUsed(@TempDir Path directory) {
        assertThatThrownBy(() -> UnixListener.listen(directory.resolve("x".repeat(108))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("107 bytes");
        assertThatThrownBy(() -> UnixSocket.connect(directory.resolve("nobody")))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("ENOENT");
    }

    @Test
    void descriptorsWorkInAnotherProcess(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("socket");
        try (UnixListener listener = UnixListener.listen(path);
                ChildJvm child = ChildJvm.start(Peer.class, path.toString());
                Memfd memory = Memfd.create("shared", 4096);
                Eventfd toChild = Eventfd.create();
                Eventfd toParent = Eventfd.create();
                Arena arena = Arena.ofShared()) {
            assertThat(listener.await(SECONDS_20)).isTrue();
            try (UnixSocket socket = requireNonNull(listener.accept())) {
                assertThat(socket.peer().process()).isEqualTo((int) child.pid());
                MemorySegment mapped = memory.map(0, 4096, arena);
                List<FileDescriptor> descriptors =
                        List.of(memory.descriptor(), toChild.descriptor(), toParent.descriptor());
                socket.send(arena.allocateFrom(ValueLayout.JAVA_LONG, 4096), descriptors, SECONDS_20);
                Poll poll = new Poll(toParent.descriptor(), socket.descriptor());
                for (int round = 0; round < 100; round++) {
                    mapped.set(ValueLayout.JAVA_INT, 0, round);
                    toChild.signal();
                    assertThat(poll.await(SECONDS_20)).isEqualTo(Poll.FIRST);
                    toParent.drain();
                    assertThat(mapped.get(ValueLayout.JAVA_INT, 4)).isEqualTo(round * 3);
                }
                assertThat(child.line()).as("seals").isEqualTo("cannot truncate: -1");
                assertThat(poll.await(SECONDS_20)).as("end of the child").isEqualTo(Poll.SECOND);
                assertThat(child.exitStatus()).isZero();
            }
        }
    }

    /** The child of the test above: multiplies by three what it finds in shared memory, when it is woken. */
    static final class Peer {
        public static void main(String[] arguments) throws IOException {
            try (UnixSocket socket = UnixSocket.connect(Path.of(arguments[0]));
                    Arena arena = Arena.ofShared()) {
                MemorySegment size = arena.allocate(8);
                socket.awaitReadable(SECONDS_20);
                try (ReceivedMessage hello = requireNonNull(socket.receive(size, 3));
                        Memfd memory = Memfd.adopt(hello.take(0), size.get(ValueLayout.JAVA_LONG, 0), true);
                        Eventfd toMe = Eventfd.adopt(hello.take(1));
                        Eventfd toParent = Eventfd.adopt(hello.take(2));
                        Epoll epoll = Epoll.create(1)) {
                    epoll.add(toMe.descriptor(), 1);
                    MemorySegment mapped = memory.map(0, 4096, arena);
                    for (int round = 0; round < 100; round++) {
                        epoll.await(20_000);
                        toMe.drain();
                        mapped.set(ValueLayout.JAVA_INT, 4, mapped.get(ValueLayout.JAVA_INT, 0) * 3);
                        toParent.signal();
                    }
                    System.out.println("cannot truncate: "
                            + Libc.ftruncate(memory.descriptor().number(), 0));
                }
            }
        }
    }
}
