// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import static java.util.Objects.requireNonNull;

import dev.paravirt.benchmarks.contest.Processor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Buffers a second through one ring. The benchmark's thread is the driver; a thread beside it is the device. With
 * {@code -prof gc}, {@code gc.alloc.rate.norm} is the allocation of both threads for one buffer.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 2,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xms64m", "-Xmx64m"})
public class RingBenchmark {
    private static final int BUFFERS = 1 << 18;
    private static final int RING_SIZE = 256;

    @Param({"split", "packed"})
    private String ring = "split";

    /** Buffers for each publication and notification decision. */
    @Param({"1", "32"})
    private int batch = 1;

    /** Whether each side sleeps when it has nothing to do, and is notified. */
    @Param({"false", "true"})
    private boolean sleep;

    private @Nullable RingPair pair;
    private @Nullable Thread device;

    @Setup(Level.Trial)
    public void start() throws IOException {
        RingShape shape = new RingShape(
                RingShape.format(ring.equals("packed"), false), RING_SIZE, Integer.MAX_VALUE, batch, sleep, false);
        RingPair made = new RingPair(shape, Processor.nanosOfCycles(Doorbell.EXIT_CYCLES));
        pair = made;
        device = Thread.ofPlatform().daemon().name("ring device").start(made.device()::run);
    }

    @Benchmark
    @OperationsPerInvocation(BUFFERS)
    public void buffers() {
        requireNonNull(pair).driver().run(BUFFERS);
    }

    @TearDown(Level.Trial)
    public void stop() throws InterruptedException {
        RingPair stopping = requireNonNull(pair);
        stopping.device().stop();
        requireNonNull(device).join();
        stopping.close();
    }
}
