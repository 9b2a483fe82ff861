// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.console;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.device.QueueCounters;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.spec.console.ConsoleQueues;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Very many bytes through a console between two processes: all arrive, and nothing is allocated for them. 64 MB each in the
 * build, 1 GB with {@code -Dparavirt.thorough=true} (Maven profile {@code thorough}); how fast, and with how many doorbells
 * and interrupts, is reported.
 */
@Timeout(300)
class ConsoleVolumeTest {
    private static final long BYTES = Boolean.getBoolean("paravirt.thorough") ? 1L << 30 : 64L << 20;
    private static final int MEMORY = 8 << 20;
    private static final int PIECE = 1 << 20;

    /** What a JVM may allocate on its own behalf while bytes move. */
    private static final long NOISE = 256 << 10;

    /** A wait allocates some bytes until it is compiled, for which there may be too few waits. */
    private static final long FOR_A_WAIT = 64;

    @TempDir
    private Path directory;

    /** Sums what the guest says, and says what it knows the sum of. */
    private static final class SummingEnd implements ConsoleEnd {
        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private final byte[] piece = new byte[PIECE];
        private final Semaphore wanted = new Semaphore(0);
        private final CRC32C checksum = new CRC32C();
        private final long input;
        private @Nullable ConsoleLine line;
        private long seen;
        private long allocatedAtHalf;
        private long allocated;
        private volatile boolean closed;

        SummingEnd(long input) {
            this.input = input;
            new Random(1).nextBytes(piece);
        }

        @Override
        public void attach(ConsoleLine port) {
            line = port;
            Thread.ofPlatform().daemon().start(this::speak);
        }

        private void speak() {
            ConsoleLine port = requireNonNull(line);
            for (long left = input; left > 0; ) {
                int length = (int) Math.min(left, PIECE);
                for (int done = 0; done < length; ) {
                    int taken = port.input(piece, done, length - done);
                    done += taken;
                    if (done < length) {
                        wanted.acquireUninterruptibly();
                    }
                    if (closed) {
                        return;
                    }
                }
                left -= length;
            }
        }

        @Override
        public int write(byte[] bytes, int start, int length) {
            checksum.update(bytes, start, length);
            boolean first = seen < BYTES / 2;
            seen += length;
            if (first && seen >= BYTES / 2) {
                allocatedAtHalf = threads.getCurrentThreadAllocatedBytes();
            }
            if (seen == BYTES) {
                allocated = threads.getCurrentThreadAllocatedBytes() - allocatedAtHalf;
            }
            return length;
        }

        @Override
        public void inputWanted() {
            wanted.release();
        }

        @Override
        public void close() {
            closed = true;
            wanted.release();
        }
    }

    /** Splits what the guest prints at its end: checksum, nanoseconds, interrupts, bytes allocated. */
    private static long[] result(ChildProcess child) throws Exception {
        String[] words = requireNonNull(child.line()).split(" ");
        long[] numbers = new long[words.length];
        for (int word = 0; word < words.length; word++) {
            numbers[word] = Long.parseLong(words[word]);
        }
        assertThat(numbers).hasSize(4);
        return numbers;
    }

    private static long checksum() {
        byte[] piece = new byte[PIECE];
        new Random(1).nextBytes(piece);
        CRC32C checksum = new CRC32C();
        for (long left = BYTES; left > 0; left -= PIECE) {
            checksum.update(piece);
        }
        return checksum.getValue();
    }

    @ParameterizedTest(name = "the guest {0}s, ring features {1}")
    @CsvSource({"send, 0", "send, 15", "receive, 0", "receive, 15"})
    void everythingArrives(String direction, int combination, TestReporter reporter) throws Exception {
        boolean send = direction.equals("send");
        Path socket = directory.resolve("socket");
        SummingEnd end = new SummingEnd(send ? 0 : BYTES);
        AtomicReference<@Nullable HypercallMachine> machine = new AtomicReference<>();
        try (GuestServer server = GuestServer.listen(socket, GuestShape.of(MEMORY, 2, 1), guest -> {
                    HypercallMachine made =
                            HypercallMachine.serving(guest, List.of(new ConsoleDevice(end)), MachineOptions.DEFAULT);
                    machine.set(made);
                    return made;
                });
                ChildProcess child = ChildProcess.startLong(
                        VolumeGuest.class, socket.toString(), Integer.toString(combination), direction, "" + BYTES)) {
            long[] result = result(child);
            assertThat(result[0]).isEqualTo(checksum());
            assertThat(result[3]).as("bytes that the guest allocated").isLessThan(NOISE + FOR_A_WAIT * result[2]);
            if (send) {
                assertThat(end.seen).isEqualTo(BYTES);
                assertThat(end.checksum.getValue()).isEqualTo(result[0]);
                assertThat(end.allocated).as("bytes that the device allocated").isLessThan(NOISE);
            }
            int queue = send ? ConsoleQueues.TRANSMIT : ConsoleQueues.RECEIVE;
            QueueCounters counters = requireNonNull(machine.get()).session(0).counters(queue);
            reporter.publishEntry(String.format(
                    Locale.ROOT,
                    "%d MiB at %.0f MB/s: %d buffers, %d doorbells, %d interrupts",
                    BYTES >> 20,
                    BYTES * 1e3 / result[1],
                    counters.requests(),
                    counters.notifications(),
                    counters.interrupts()));
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }
}
