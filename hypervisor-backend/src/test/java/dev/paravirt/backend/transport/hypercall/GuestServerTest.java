// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GuestServerTest {
    private static final GuestShape SHAPE = GuestShape.of(1 << 20, 3, 2);
    private static final int ECHO = 1000;
    private static final int RAISE = 1001;
    private static final int FAIL = 1002;

    @TempDir
    private Path directory;

    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicReference<Thread> serverThread = new AtomicReference<>();

    /** Answers a few calls that no real machine has. */
    private GuestMachine machine(SharedGuest guest) {
        started.incrementAndGet();
        serverThread.set(Thread.currentThread());
        return new GuestMachine() {
            @Override
            public long hypercall(int number, long a0, long a1, long a2, long a3) {
                return switch (number) {
                    case ECHO -> a0 + 1;
                    case RAISE -> raise(guest, a0);
                    case FAIL -> throw new IllegalStateException("expected by the test");
                    default -> HypercallError.NOT_SUPPORTED;
                };
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        };
    }

    private static long raise(SharedGuest guest, long line) {
        if (line < 0 || line >= guest.shape().lines()) {
            return HypercallError.INVALID_ARGUMENT;
        }
        guest.raise((int) line, 1);
        return 0;
    }

    private Path path() {
        return directory.resolve("socket");
    }

    @Test
    void greetsWithMemoryDoorbellsAndLines() throws Exception {
        GuestShape shape = new GuestShape(
                List.of(new GuestShape.Region(0x1000, 0x2000), new GuestShape.Region(0x100_000, 0x4000)), 3, 2);
        try (GuestServer server = GuestServer.listen(path(), shape, this::machine);
                RawGuest guest = RawGuest.connect(path())) {
            assertThat(guest.hello.byteSize()).isEqualTo(TwoProcessHello.size(2));
            assertThat(guest.descriptors).hasSize(TwoProcessHello.descriptorCount(2, 3, 2));
            assertThat(guest.hello.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(TwoProcessHello.MAGIC);
            int second = TwoProcessHello.region(1);
            assertThat(guest.hello.get(ValueLayout.JAVA_LONG, second + TwoProcessHello.REGION_GPA))
                    .isEqualTo(0x100_000);
            assertThat(guest.hello.get(ValueLayout.JAVA_LONG, second + TwoProcessHello.REGION_LENGTH))
                    .isEqualTo(0x4000);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void answersCallsWithAndWithoutPauses() throws Exception {
        Random random = new Random(1);
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine);
                RawGuest guest = RawGuest.connect(path())) {
            for (int round = 0; round < 20_000; round++) {
                assertThat(guest.call(ECHO, round)).isEqualTo(round + 1);
                if (round % 100 == 0) {
                    LockSupport.parkNanos(random.nextInt(200_000)); // into its spin, and past it
                }
            }
            assertThat(guest.call(77, 0)).isEqualTo(HypercallError.NOT_SUPPORTED);
            assertThat(guest.call(Hypercall.WAIT, 0)).isEqualTo(HypercallError.NOT_SUPPORTED);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void raisesLinesAndWakesOnlyWhoSleeps() throws IOException {
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine);
                RawGuest guest = RawGuest.connect(path())) {
            int reason = ControlLayout.lineReason(3, 1);
            Eventfd line = Eventfd.adopt(guest.descriptors.get(TwoProcessHello.lineDescriptor(1, 3, 1)));
            guest.call(RAISE, 1);
            assertThat(guest.control.getAndSetInt(reason, 0)).isEqualTo(1);
            assertThat(line.drain()).as("awake").isZero();
            guest.control.putInt(ControlLayout.lineSleeping(3, 1), 1);
            guest.call(RAISE, 1);
            assertThat(guest.control.getInt(reason)).isEqualTo(1);
            assertThat(line.drain()).as("asleep").isNotZero();
            assertThat(server).isNotNull();
        }
    }

    @Test
    void doorbellsReachWhoeverWatchesThem() throws Exception {
        AtomicReference<SharedGuest> shared = new AtomicReference<>();
        try (GuestServer server = GuestServer.listen(path(), SHAPE, guest -> {
                    shared.set(guest);
                    return machine(guest);
                });
                RawGuest guest = RawGuest.connect(path());
                Epoll epoll = Epoll.create(4)) {
            SharedGuest connected = requireNonNull(shared.get());
            epoll.addEdgeTriggered(connected.doorbell(2), 2);
            guest.control.putIntRelease(ControlLayout.doorbell(2), 0x8000_0005);
            Eventfd.adopt(guest.descriptors.get(TwoProcessHello.doorbellDescriptor(1, 2)))
                    .signal();
            assertThat(epoll.await(20_000)).isEqualTo(1);
            assertThat(connected.notificationData(2)).isEqualTo(0x8000_0005);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void servesTheNextGuestWhenOneEnds() throws Exception {
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine)) {
            for (int round = 1; round <= 20; round++) {
                try (RawGuest guest = RawGuest.connect(path())) {
                    assertThat(guest.call(ECHO, round)).isEqualTo(round + 1);
                    assertThat(guest.control.getInt(ControlLayout.doorbell(0)))
                            .as("fresh memory")
                            .isZero();
                    guest.control.putInt(ControlLayout.doorbell(0), 1);
                }
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
        assertThat(started.get()).isEqualTo(20);
        assertThat(closed.get()).isEqualTo(20);
        assertThat(path()).doesNotExist();
    }

    @Test
    void servesOneEndOfAPair() throws Exception {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (GuestServer server = GuestServer.serve(pair.first(), SHAPE, this::machine)) {
            try (RawGuest guest = RawGuest.greeted(pair.second())) {
                assertThat(guest.call(ECHO, 5)).isEqualTo(6);
            }
            assertThat(server.awaitEnd(Duration.ofSeconds(20))).isTrue();
        }
        assertThat(closed.get()).isEqualTo(1);
    }

    @Test
    void aGuestThatWritesToTheSocketIsDropped() throws IOException {
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine);
                RawGuest guest = RawGuest.connect(path());
                Arena arena = Arena.ofConfined()) {
            guest.socket.send(arena.allocate(100), List.of(guest.descriptors.get(0)), RawGuest.PATIENCE_NANOS);
            // Our bytes were never read, so this end of the stream may also show as a reset.
            assertHungUp(guest);
            try (RawGuest next = RawGuest.connect(path())) {
                assertThat(next.call(ECHO, 1)).isEqualTo(2);
            }
            assertThat(server).isNotNull();
        }
    }

    private static void assertHungUp(RawGuest guest) {
        try {
            assertThat(guest.awaitHangUp()).isTrue();
        } catch (IOException reset) {
            assertThat(reset).hasMessageContaining("ECONNRESET");
        }
    }

    @Test
    void aMachineThatFailsCostsItsOwnGuestOnly() throws IOException {
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine)) {
            try (RawGuest guest = RawGuest.connect(path())) {
                guest.control.putInt(ControlLayout.CALL_NUMBER, FAIL);
                guest.control.putIntRelease(ControlLayout.CALL_STATE, ControlLayout.CALL_REQUESTED);
                guest.call.signal();
                assertThat(guest.awaitHangUp()).isTrue();
            }
            try (RawGuest guest = RawGuest.connect(path())) {
                assertThat(guest.call(ECHO, 1)).isEqualTo(2);
            }
            assertThat(server).isNotNull();
        }
        assertThat(closed.get()).isEqualTo(2);
    }

    @Test
    void aMachineThatCannotStartTurnsItsGuestAway() throws IOException {
        GuestMachine.Factory second = guest -> {
            if (started.get() == 0) {
                started.incrementAndGet();
                throw new IOException("expected by the test");
            }
            return machine(guest);
        };
        try (GuestServer server = GuestServer.listen(path(), SHAPE, second)) {
            assertThat(RawGuest.greetedOrTurnedAway(UnixSocket.connect(path()))).isNull();
            try (RawGuest guest = RawGuest.connect(path())) {
                assertThat(guest.call(ECHO, 1)).isEqualTo(2);
            }
            assertThat(server).isNotNull();
        }
    }

    @Test
    void closingTheServerEndsTheGuestsSession() throws IOException {
        GuestServer server = GuestServer.listen(path(), SHAPE, this::machine);
        try (RawGuest guest = RawGuest.connect(path())) {
            assertThat(guest.call(ECHO, 1)).isEqualTo(2);
            server.close();
            server.close();
            assertThat(guest.awaitHangUp()).isTrue();
        }
        assertThat(closed.get()).isEqualTo(1);
    }

    @Test
    void usesNoProcessorWhileNothingHappens() throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine);
                RawGuest guest = RawGuest.connect(path())) {
            guest.call(ECHO, 1);
            long thread = requireNonNull(serverThread.get()).threadId();
            new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
            long before = threads.getThreadCpuTime(thread);
            new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS);
            assertThat(threads.getThreadCpuTime(thread) - before)
                    .as("nanoseconds of processor time in half a second")
                    .isLessThan(1_000_000);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    /** It also fills and unblocks what it shares with the server, which would hang a server that reads or writes it. */
    @Test
    void aGuestThatScribblesOverAllItSharesHarmsNobodyElse() throws Exception {
        Random random = new Random(7);
        try (GuestServer server = GuestServer.listen(path(), SHAPE, this::machine)) {
            try (RawGuest first = RawGuest.connect(path())) {
                first.call(ECHO, 1);
            }
            long before = -1;
            for (int round = 0; round < 6; round++) {
                try (RawGuest guest = RawGuest.connect(path())) {
                    before = before < 0 ? OpenDescriptors.count("pipe:") : before;
                    assertThat(OpenDescriptors.count("pipe:"))
                            .as("leaked by round " + round)
                            .isEqualTo(before);
                    scribble(guest, random, 200_000_000);
                    assertThat(guest.socket.awaitReadable(0)).as("hung up on").isFalse();
                }
            }
            try (RawGuest guest = RawGuest.connect(path())) {
                assertThat(guest.call(ECHO, 41)).isEqualTo(42);
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
        assertThat(closed.get()).isEqualTo(started.get());
    }

    private static void scribble(RawGuest guest, Random random, long nanos) throws IOException {
        MemorySegment memory = guest.controlMemory;
        for (int index = 0; index < guest.descriptors.size(); index++) {
            guest.descriptors.get(index).setNonBlocking(false);
        }
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            for (int i = 0; i < 100; i++) {
                long word = random.nextInt((int) memory.byteSize() / 8) * 8L;
                memory.set(ValueLayout.JAVA_LONG, word, random.nextBoolean() ? random.nextLong() : random.nextInt(4));
                int[] numbers = {ECHO, RAISE, Hypercall.WAIT, -1, random.nextInt()};
                memory.set(ValueLayout.JAVA_INT, ControlLayout.CALL_NUMBER, numbers[random.nextInt(numbers.length)]);
                memory.set(ValueLayout.JAVA_LONG, ControlLayout.CALL_ARGUMENTS, random.nextInt(2));
                memory.set(ValueLayout.JAVA_INT, ControlLayout.CALL_STATE, random.nextInt(3));
                memory.set(ValueLayout.JAVA_INT, ControlLayout.CALLER_SLEEPING, 1);
                memory.set(ValueLayout.JAVA_INT, ControlLayout.lineSleeping(3, random.nextInt(2)), 1);
            }
            guest.call.signal();
        }
    }

    @Test
    void shapesThatCannotBeAreRefused() {
        assertThatThrownBy(() -> GuestShape.of(1000, 1, 1)).hasMessageContaining("whole pages");
        assertThatThrownBy(() -> GuestShape.of(4096, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GuestShape.of(4096, 200, 60)).hasMessageContaining("at most 250");
        assertThatThrownBy(() -> new GuestShape(
                        List.of(new GuestShape.Region(0, 8192), new GuestShape.Region(4096, 4096)), 1, 1))
                .hasMessageContaining("overlap");
    }
}
