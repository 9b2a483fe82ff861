// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.carrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.HypervisorGoneException;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.hypercall.HypercallError;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Guest and hypervisor with nothing but shared memory and signals between them, each surviving the other. */
@Timeout(120)
class TwoProcessCarrierTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int KILLS = 24;

    @TempDir
    private Path directory;

    private Path path() {
        return directory.resolve("socket");
    }

    @Test
    void callsDoorbellsAndLinesWork() throws Exception {
        Random random = new Random(3);
        try (GuestServer server = GuestServer.listen(path(), EchoMachine.SHAPE, EchoMachine::new);
                GuestProcess guest = GuestProcess.attach(path(), PATIENCE)) {
            assertThat(guest.regionCount()).isEqualTo(1);
            assertThat(guest.region(0).byteSize()).isEqualTo(1L << 20);
            assertThat(guest.call(EchoMachine.INCREMENT, 41, 0, 0, 0)).isEqualTo(42);
            assertThat(guest.call(-5, 0, 0, 0, 0)).isEqualTo(HypercallError.NOT_SUPPORTED);
            assertThat(guest.await(0, 0)).isZero();
            assertThat(guest.await(0, 2_000_000)).isZero();
            for (int round = 0; round < 20_000; round++) {
                int line = random.nextInt(EchoMachine.LINES);
                guest.notify(line, round);
                assertThat(guest.await(line, PATIENCE.toNanos()))
                        .as("wake-up " + round)
                        .isEqualTo(1);
            }
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void manyThreadsCallAtOnceAndEachWaitsForItsLine() throws Exception {
        try (GuestServer server = GuestServer.listen(path(), EchoMachine.SHAPE, EchoMachine::new);
                GuestProcess guest = GuestProcess.attach(path(), PATIENCE)) {
            CompletableFuture<?>[] threads = new CompletableFuture<?>[EchoMachine.LINES];
            for (int thread = 0; thread < threads.length; thread++) {
                int line = thread;
                threads[thread] = CompletableFuture.runAsync(
                        () -> callAndWait(guest, line),
                        task -> Thread.ofPlatform().start(task));
            }
            CompletableFuture.allOf(threads).get(60, TimeUnit.SECONDS);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    private static void callAndWait(GuestProcess guest, int line) {
        for (int round = 0; round < 2000; round++) {
            long number = (long) line << 32 | round;
            assertThat(guest.call(EchoMachine.INCREMENT, number, 0, 0, 0)).isEqualTo(number + 1);
            guest.notify(line, 0);
            assertThat(guest.await(line, PATIENCE.toNanos())).isEqualTo(1);
        }
    }

    @Test
    void killedGuestsAreReplacedByTheNextAndLeaveNothing() throws Exception {
        Random random = new Random();
        AtomicInteger started = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        try (GuestServer server = GuestServer.listen(path(), EchoMachine.SHAPE, guest -> {
            started.incrementAndGet();
            EchoMachine machine = new EchoMachine(guest);
            return new GuestMachine() {
                @Override
                public long hypercall(int number, long a0, long a1, long a2, long a3) {
                    return machine.hypercall(number, a0, a1, a2, a3);
                }

                @Override
                public void close() {
                    machine.close();
                    closed.incrementAndGet();
                }
            };
        })) {
            attachOnce();
            long before = openWhileServing();
            for (int round = 0; round < KILLS; round++) {
                try (ChildProcess guest = ChildProcess.start(BusyGuest.class, path().toString())) {
                    if (round % 4 != 0) { // every fourth is killed on its way up
                        assertThat(guest.line()).isEqualTo("up");
                    }
                    LockSupport.parkNanos(random.nextInt(round % 4 != 0 ? 20_000_000 : 400_000_000));
                    guest.kill();
                    for (String line = guest.line(); line != null; line = guest.line()) {
                        assertThat(line).as("output of the guest").isEqualTo("up");
                    }
                }
            }
            assertThat(openWhileServing()).as("open descriptors").isEqualTo(before);
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
        assertThat(started.get()).isGreaterThan(KILLS * 3 / 4).isEqualTo(closed.get());
    }

    private void attachOnce() throws IOException {
        try (GuestProcess guest = GuestProcess.attach(path(), PATIENCE)) {
            assertThat(guest.call(EchoMachine.INCREMENT, 1, 0, 0, 0)).isEqualTo(2);
        }
    }

    /** Counted while one guest is served, as the moment at which the guest before is torn down is not known. */
    private long openWhileServing() throws IOException {
        try (GuestProcess guest = GuestProcess.attach(path(), PATIENCE)) {
            assertThat(guest.call(EchoMachine.INCREMENT, 1, 0, 0, 0)).isEqualTo(2);
            return OpenDescriptors.count();
        }
    }

    @Test
    void guestsSurviveTheirHypervisorAndAreToldOfItsEnd() throws Exception {
        Random random = new Random();
        for (int round = 0; round < KILLS / 2; round++) {
            try (ChildProcess hypervisor = ChildProcess.start(Hypervisor.class, path().toString())) {
                assertThat(hypervisor.line()).isEqualTo("listening");
                try (GuestProcess guest = GuestProcess.attach(path(), PATIENCE)) {
                    CompletableFuture<Throwable> caller = failureOf(() -> call(guest));
                    CompletableFuture<Throwable> ringer = failureOf(() -> ring(guest));
                    CompletableFuture<Throwable> waiter = failureOf(() -> guest.await(3, -1));
                    LockSupport.parkNanos(random.nextInt(20_000_000));
                    hypervisor.kill();
                    assertThat(caller.get(20, TimeUnit.SECONDS)).isInstanceOf(HypervisorGoneException.class);
                    assertThat(ringer.get(20, TimeUnit.SECONDS)).isInstanceOf(HypervisorGoneException.class);
                    assertThat(waiter.get(20, TimeUnit.SECONDS)).isInstanceOf(HypervisorGoneException.class);
                    guest.region(0).set(ValueLayout.JAVA_LONG, 4096, round);
                    assertThat(guest.region(0).get(ValueLayout.JAVA_LONG, 4096)).isEqualTo(round);
                }
            }
        }
    }

    private static void call(GuestProcess guest) {
        for (long number = 0; ; number++) {
            assertThat(guest.call(EchoMachine.INCREMENT, number, 0, 0, 0)).isEqualTo(number + 1);
        }
    }

    private static void ring(GuestProcess guest) {
        while (true) {
            guest.notify(1, 0);
            assertThat(guest.await(1, PATIENCE.toNanos())).isEqualTo(1);
        }
    }

    private static CompletableFuture<Throwable> failureOf(Runnable task) {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                task.run();
                failure.complete(new AssertionError("ended without a failure"));
            } catch (Throwable thrown) {
                failure.complete(thrown);
            }
        });
        return failure;
    }

    @Test
    void aSecondGuestWaitsForItsTurn() throws IOException {
        try (GuestServer server = GuestServer.listen(path(), EchoMachine.SHAPE, EchoMachine::new)) {
            try (GuestProcess first = GuestProcess.attach(path(), PATIENCE)) {
                assertThatThrownBy(() -> GuestProcess.attach(path(), Duration.ofMillis(50)))
                        .hasMessageContaining("did not greet")
                        .hasMessageContaining("another guest");
                assertThat(first.call(EchoMachine.INCREMENT, 1, 0, 0, 0)).isEqualTo(2);
            }
            attachOnce();
            assertThat(server).isNotNull();
        }
    }

    @Test
    void oneWaiterALine() throws Exception {
        UnixSocket.Pair pair = UnixSocket.pair();
        GuestServer server = GuestServer.serve(pair.first(), EchoMachine.SHAPE, EchoMachine::new);
        try (GuestProcess guest = GuestProcess.attach(pair.second(), PATIENCE)) {
            CompletableFuture<Throwable> first = failureOf(() -> guest.await(0, -1));
            CompletableFuture<Throwable> second = failureOf(() -> guest.await(0, -1));
            Object refused = CompletableFuture.anyOf(first, second).get(20, TimeUnit.SECONDS);
            assertThat((Throwable) refused)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another thread");
            server.close();
            assertThat(first.get(20, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
            assertThat(second.get(20, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
        }
    }

    /** The guest of the killing test: calls, rings and waits without end, and says so if a wake-up is lost. */
    static final class BusyGuest {
        public static void main(String[] arguments) throws IOException {
            try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), PATIENCE)) {
                System.out.println("up");
                for (int round = 0; ; round++) {
                    if (guest.call(EchoMachine.INCREMENT, round, 0, 0, 0) != round + 1L) {
                        System.out.println("wrong result");
                    }
                    int line = round % EchoMachine.LINES;
                    guest.notify(line, round);
                    if (guest.await(line, PATIENCE.toNanos()) != 1) {
                        System.out.println("lost wake-up");
                    }
                }
            }
        }
    }

    static final class Hypervisor {
        public static void main(String[] arguments) throws Exception {
            try (GuestServer server = GuestServer.listen(Path.of(arguments[0]), EchoMachine.SHAPE, EchoMachine::new)) {
                System.out.println("listening");
                server.awaitEnd(Duration.ofMinutes(2));
            }
        }
    }
}
