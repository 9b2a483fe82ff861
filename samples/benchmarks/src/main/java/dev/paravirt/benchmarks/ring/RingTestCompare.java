// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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

    @Option(names = "--commit", hidden = true, description = "what was measured")
    private String commit = "unknown";

    @Option(names = "--rounds", description = "measurements of each ring (default: ${DEFAULT-VALUE})")
    private int rounds = 7;

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

    @Option(names = "--json", paramLabel = "FILE", description = "also write all figures there")
    private @Nullable Path json;

    private RingTestCompare() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RingTestCompare()).execute(arguments));
    }

    /** One ring: how to run it, what it is compared with, and buffers a second round by round. */
    private record Contender(
            String name, List<String> command, @Nullable Contender reference, double[] rates) {
        double quantile(double fraction) {
            double[] sorted = rates.clone();
            Arrays.sort(sorted);
            double position = fraction * (sorted.length - 1);
            int below = (int) position;
            int above = Math.min(below + 1, sorted.length - 1);
            return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
        }

        double median() {
            return quantile(0.5);
        }

        double ratio() {
            return reference == null ? 1 : median() / reference.median();
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Contender> contenders = contenders();
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < contenders.size(); turn++) {
                // Another one begins each round, lest one always runs behind the same neighbour.
                Contender contender = contenders.get((turn + round) % contenders.size());
                contender.rates()[round] = measure(contender.command());
            }
            System.err.printf("round %d of %d%n", round + 1, rounds);
        }
        print(contenders);
        if (json != null) {
            Files.writeString(json, json(contenders));
        }
        return 0;
    }

    private List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>();
        Contender split = addForeign(contenders, "virtio_ring_0_9", 1);
        Contender packed = addForeign(contenders, "ring", 1);
        if (sleep) {
            // Without --sleep these programs ignore --batch.
            addForeign(contenders, "virtio_ring_0_9", batch);
            addForeign(contenders, "ring", batch);
        }
        for (int size : batch == 1 ? new int[] {1} : new int[] {1, batch}) {
            addOurs(contenders, "split, batch " + size, split, "--batch=" + size);
            addOurs(contenders, "packed, batch " + size, packed, "--batch=" + size, "--packed");
        }
        return contenders;
    }

    private Contender addForeign(List<Contender> contenders, String program, int size) {
        List<String> command = new ArrayList<>();
        command.add(ringtest.resolve(program).toString());
        command.add("--batch=" + size);
        command.addAll(commonOptions());
        String name = "C " + program + (size == 1 ? "" : ", batch " + size);
        Contender contender = new Contender(name, command, null, new double[rounds]);
        contenders.add(contender);
        return contender;
    }

    private void addOurs(List<Contender> contenders, String name, Contender reference, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                RingTest.class.getName()));
        command.addAll(commonOptions());
        command.addAll(List.of(options));
        contenders.add(new Contender(name, command, reference, new double[rounds]));
    }

    private List<String> commonOptions() {
        List<String> options = new ArrayList<>(List.of(
                "--run-cycles=" + runCycles, "--host-affinity=" + hostAffinity, "--guest-affinity=" + guestAffinity));
        if (sleep) {
            options.add("--sleep");
        }
        if (relax) {
            options.add("--relax");
        }
        return options;
    }

    /** Buffers a second: as the program says, or else from the time that it took in all, as ringtest is measured. */
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
        return output.isEmpty()
                ? runCycles * 1e9 / nanos
                : Double.parseDouble(output.substring(0, output.indexOf(' ')));
    }

    private void print(List<Contender> contenders) {
        System.out.printf(
                "%s, ring of 256, %d rounds of %,d buffers; million buffers a second%n", mode(), rounds, runCycles);
        System.out.printf("%-30s %8s %8s %8s %8s  %s%n", "", "median", "min", "max", "spread", "against");
        for (Contender contender : contenders) {
            double median = contender.median();
            Contender reference = contender.reference();
            System.out.printf(
                    Locale.ROOT,
                    "%-30s %8.2f %8.2f %8.2f %7.1f%%  %s%n",
                    contender.name(),
                    median / 1e6,
                    contender.quantile(0) / 1e6,
                    contender.quantile(1) / 1e6,
                    100 * (contender.quantile(0.75) - contender.quantile(0.25)) / median,
                    reference == null
                            ? ""
                            : String.format(Locale.ROOT, "%.2f x %s", contender.ratio(), reference.name()));
        }
        System.out.println("spread: distance of the quartiles, of the median");
    }

    private String mode() {
        return (sleep ? "sleep and notify" : "spin") + (relax ? " with pauses" : "");
    }

    private String json(List<Contender> contenders) throws IOException {
        StringBuilder text = new StringBuilder("{\n");
        text.append("  \"commit\": ").append(quoted(commit)).append(",\n");
        text.append("  \"processor\": ").append(quoted(Processor.model())).append(",\n");
        text.append("  \"java\": ").append(quoted(Runtime.version().toString())).append(",\n");
        text.append("  \"mode\": ").append(quoted(mode())).append(",\n");
        text.append("  \"buffers\": ").append(runCycles).append(",\n");
        text.append("  \"rings\": [");
        String separator = "\n";
        for (Contender contender : contenders) {
            text.append(separator).append("    {\"name\": ").append(quoted(contender.name()));
            text.append(String.format(Locale.ROOT, ", \"median\": %.0f", contender.median()));
            Contender reference = contender.reference();
            if (reference != null) {
                text.append(", \"reference\": ").append(quoted(reference.name()));
                text.append(String.format(Locale.ROOT, ", \"ratio\": %.3f", contender.ratio()));
            }
            text.append(", \"rates\": [");
            String comma = "";
            for (double rate : contender.rates()) {
                text.append(comma).append(String.format(Locale.ROOT, "%.0f", rate));
                comma = ", ";
            }
            text.append("]}");
            separator = ",\n";
        }
        return text.append("\n  ]\n}\n").toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
