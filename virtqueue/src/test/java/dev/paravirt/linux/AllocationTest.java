// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.linux.PositionalFile.Option;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The calls of the request path leave the heap alone. */
@Timeout(120)
class AllocationTest {
    private static final int CALLS = 100_000;
    private static final int WARM_UPS = 8;

    interface Call {
        void run() throws IOException;
    }

    /** Bytes a call, of the best of a few rounds: the compiler may finish in the middle of one. */
    private static double bytesPerCall(Call call) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double best = Double.MAX_VALUE;
        for (int round = 0; round < WARM_UPS && best >= 1; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            best = Math.min(best, (threads.getCurrentThreadAllocatedBytes() - before) / (double) CALLS);
        }
        return best;
    }

    @Test
    void doorbells() throws IOException {
        try (Eventfd doorbell = Eventfd.create();
                Eventfd silent = Eventfd.create();
                Epoll epoll = Epoll.create(4)) {
            assertThat(bytesPerCall(doorbell::signal)).as("signal").isLessThan(1);
            assertThat(bytesPerCall(doorbell::drain)).as("drain").isLessThan(1);
            doorbell.signal();
            epoll.add(doorbell.descriptor(), 1);
            assertThat(bytesPerCall(() -> epoll.await(0))).as("epoll").isLessThan(1);
            Poll poll = new Poll(silent.descriptor(), doorbell.descriptor());
            assertThat(bytesPerCall(() -> poll.await(1000))).as("poll").isLessThan(1);
        }
    }

    @Test
    void positionalFile(@TempDir Path directory) throws IOException {
        Set<Option> options = Set.of(Option.WRITE, Option.CREATE);
        try (PositionalFile file = PositionalFile.open(directory.resolve("image"), options);
                Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(8192);
            assertThat(bytesPerCall(() -> file.write(memory, 512, 512, 0)))
                    .as("write")
                    .isLessThan(1);
            assertThat(bytesPerCall(() -> file.read(memory, 1024, 512, 0)))
                    .as("read")
                    .isLessThan(1);
            assertThat(bytesPerCall(() -> file.readCached(memory, 1024, 512, 0)))
                    .as("cached read")
                    .isLessThan(1);
        }
    }

    /** On shared memory, where a sync has nothing to wait for. */
    @Test
    void sync() throws IOException {
        try (Memfd memory = Memfd.create("sync", 4096);
                PositionalFile file = PositionalFile.open(
                        Path.of("/proc/self/fd/" + memory.descriptor().number()), Set.of(Option.WRITE))) {
            assertThat(bytesPerCall(file::sync)).isLessThan(1);
        }
    }
}
