// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.benchmarks.contest.Contender;
import dev.paravirt.benchmarks.contest.Contest;
import dev.paravirt.benchmarks.contest.ContestOptions;
import dev.paravirt.benchmarks.process.JavaProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs Linux' ringtest in C and {@link RingTest} in turn, so that both see the same moods of the machine. */
@Command(
        name = "ringtest-compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares the rings of this project with those of Linux' tools/virtio/ringtest, in turn.")
final class RingTestCompare implements Callable<Integer> {
    @Option(names = "--ringtest", hidden = true, required = true, description = "folder of ringtest's programs")
    private Path ringtest = Path.of(".");

    @Mixin
    private ContestOptions options = new ContestOptions(7);

    @Option(names = "--run-cycles", description = "buffers in each measurement (default: ${DEFAULT-VALUE})")
    private long runCycles = 40_000_000;

    @Option(names = "--batch", description = "buffers per publication of our batching rows (default: ${DEFAULT-VALUE})")
    private int batch = 32;

    @Option(names = "--sleep", description = "sleep and notify, on every side, instead of spinning")
    private boolean sleep;

    @Option(names = "--relax", description = "spin with pauses, on every side")
    private boolean relax;

    @Option(names = "--host-affinity", description = "processor of the device thread (default: ${DEFAULT-VALUE})")
    private int hostAffinity = 1;

    @Option(names = "--guest-affinity", description = "processor of the driver thread (default: ${DEFAULT-VALUE})")
    private int guestAffinity = 0;

    private RingTestCompare() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RingTestCompare()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (options.rounds() < 1) {
            System.err.println("--rounds is at least 1");
            return 2;
        }
        String mode = (sleep ? "sleep and notify" : "spin") + (relax ? " with pauses" : "");
        String conditions = String.format(Locale.ROOT, "ring of 256, %s, %,d buffers each", mode, runCycles);
        new Contest(options, conditions, "million buffers a second", contenders()).run();
        return 0;
    }

    private List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>();
        Contender split = foreign("split", "virtio_ring_0_9", 1);
        Contender packed = foreign("packed", "ring", 1);
        contenders.addAll(List.of(split, packed));
        if (sleep) {
            // Without --sleep these programs ignore --batch.
            contenders.add(foreign("split", "virtio_ring_0_9", batch));
            contenders.add(foreign("packed", "ring", batch));
        }
        for (int size : batch == 1 ? new int[] {1} : new int[] {1, batch}) {
            contenders.add(ours("split", size, split));
            contenders.add(ours("packed", size, packed, "--packed"));
        }
        return contenders;
    }

    private Contender foreign(String ring, String program, int size) {
        List<String> command = new ArrayList<>();
        command.add(ringtest.resolve(program).toString());
        command.add("--batch=" + size);
        command.addAll(commonOptions());
        String name = "C " + program + (size == 1 ? "" : ", batch " + size);
        return new Contender(ring, name, List.of(), () -> measure(command));
    }

    private Contender ours(String ring, int size, Contender reference, String... more) {
        List<String> command = JavaProcess.command(RingTest.class, "--batch=" + size);
        command.addAll(commonOptions());
        command.addAll(List.of(more));
        return new Contender(ring, "ours, batch " + size, List.of(reference), () -> measure(command));
    }

    private List<String> commonOptions() {
        List<String> words = new ArrayList<>(List.of(
                "--run-cycles=" + runCycles, "--host-affinity=" + hostAffinity, "--guest-affinity=" + guestAffinity));
        if (sleep) {
            words.add("--sleep");
        }
        if (relax) {
            words.add("--relax");
        }
        return words;
    }

    /** Million buffers a second: as the program says, or else from the time that it took in all, as ringtest is measured. */
    private double measure(List<String> command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        long nanos = System.nanoTime() - start;
        if (status != 0) {
            throw new IOException("exit status " + status + " of " + String.join(" ", command));
        }
        return output.isEmpty() ? runCycles * 1e3 / nanos : JavaProcess.firstNumber(output) / 1e6;
    }
}
