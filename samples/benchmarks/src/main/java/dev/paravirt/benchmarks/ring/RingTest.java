// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.benchmarks.contest.Processor;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Linux' tools/virtio/ringtest over the rings of this project, with its options and their defaults. */
@Command(
        name = "ringtest",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Passes buffers from a driver thread to a device thread and back; prints buffers a second.")
final class RingTest implements Callable<Integer> {
    @Option(names = "--packed", description = "packed ring instead of split")
    private boolean packed;

    @Option(names = "--in-order", description = "negotiate IN_ORDER")
    private boolean inOrder;

    @Option(names = "--host-affinity", paramLabel = "H", description = "processor of the device thread")
    private int hostAffinity = -1;

    @Option(names = "--guest-affinity", paramLabel = "G", description = "processor of the driver thread")
    private int guestAffinity = -1;

    @Option(names = "--ring-size", paramLabel = "R", description = "descriptors (default: ${DEFAULT-VALUE})")
    private int ringSize = 256;

    @Option(names = "--run-cycles", paramLabel = "C", description = "buffers measured (default: ${DEFAULT-VALUE})")
    private long runCycles = 10_000_000;

    @Option(names = "--warm-up", paramLabel = "C", description = "buffers before those (default: ${DEFAULT-VALUE})")
    private long warmUp = 10_000_000;

    @Option(names = "--outstanding", paramLabel = "O", description = "most buffers under way (default: no limit)")
    private int outstanding = Integer.MAX_VALUE;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "publish and decide on a notification every B buffers (default: ${DEFAULT-VALUE})")
    private int batch = 1;

    @Option(names = "--sleep", description = "use notifications and sleep, rather than spin")
    private boolean sleep;

    @Option(names = "--relax", description = "tell the processor when spinning")
    private boolean relax;

    private RingTest() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RingTest()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        RingShape shape = new RingShape(RingShape.format(packed, inOrder), ringSize, outstanding, batch, sleep, relax);
        try (RingPair pair = new RingPair(shape, Processor.nanosOfCycles(Doorbell.EXIT_CYCLES))) {
            FutureTask<Void> device = new FutureTask<>(() -> {
                pin(hostAffinity);
                pair.device().run();
                return null;
            });
            FutureTask<Long> driver = new FutureTask<>(() -> {
                pin(guestAffinity);
                pair.driver().run(warmUp);
                long start = System.nanoTime();
                pair.driver().run(runCycles);
                return System.nanoTime() - start;
            });
            Thread deviceThread = new Thread(device, "ringtest device");
            deviceThread.setDaemon(true);
            deviceThread.start();
            Thread driverThread = new Thread(driver, "ringtest driver");
            driverThread.setDaemon(true);
            driverThread.start();
            long nanos = awaitEither(driver, device);
            pair.device().stop();
            device.get();
            report(pair, nanos);
        }
        return 0;
    }

    /** A side that failed leaves the other one waiting for ever. */
    private static long awaitEither(FutureTask<Long> driver, FutureTask<Void> device)
            throws InterruptedException, ExecutionException {
        while (true) {
            try {
                return driver.get(100, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                if (device.isDone()) {
                    device.get();
                }
            }
        }
    }

    private static void pin(int cpu) throws IOException, InterruptedException {
        if (cpu >= 0) {
            Processor.pin(cpu);
        }
    }

    private void report(RingPair pair, long nanos) {
        double buffers = (double) warmUp + runCycles;
        System.out.printf(
                Locale.ROOT,
                "%.0f buffers/s; %.4f kicks and %.4f calls a buffer%n",
                runCycles * 1e9 / nanos,
                pair.kicks() / buffers,
                pair.calls() / buffers);
    }
}
