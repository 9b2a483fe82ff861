// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs our network driver and device and those of DPDK in turn, so that both see the same moods of the machine. */
@Command(
        name = "net-compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Moves frames of 64 bytes through one pair of queues of 256 between two processes: our driver and"
                + " device, and those of DPDK, in turn. An idle machine of two processors or more is needed.")
final class NetCompare implements Callable<Integer> {
    @Option(names = "--commit", hidden = true, description = "what was measured")
    private String commit = "unknown";

    @Option(names = "--rounds", description = "measurements of each (default: ${DEFAULT-VALUE})")
    private int rounds = 3;

    @Option(names = "--warm-up", description = "seconds that do not count (default: ${DEFAULT-VALUE})")
    private int warmUp = 2;

    @Option(names = "--seconds", description = "seconds that count (default: ${DEFAULT-VALUE})")
    private int seconds = 2;

    @Option(
            names = "--under",
            split = " ",
            paramLabel = "COMMAND",
            description = "run all processes under a command, such as 'chrt -r 1' where the machine is not idle")
    private List<String> under = new ArrayList<>();

    private NetCompare() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new NetCompare()).execute(arguments));
    }

    /** What is measured, what it is compared with, and million frames a second round by round. */
    private record Contender(
            String name, Measurement measurement, @Nullable Contender reference, double[] rates) {
        double quantile(double fraction) {
            double[] sorted = rates.clone();
            Arrays.sort(sorted);
            double position = fraction * (sorted.length - 1);
            int below = (int) position;
            int above = Math.min(below + 1, sorted.length - 1);
            return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean dpdk = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, DpdkFrames.PROGRAM)));
        if (!dpdk) {
            System.err.println("There is no " + DpdkFrames.PROGRAM + " to compare with:"
                    + " apt-get install --no-install-recommends dpdk-dev");
            return 1;
        }
        List<Contender> contenders = new ArrayList<>();
        for (boolean receive : new boolean[] {false, true}) {
            for (boolean packed : new boolean[] {false, true}) {
                add(contenders, receive, packed);
            }
        }
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < contenders.size(); turn++) {
                // Another one begins each round, lest one always runs behind the same neighbour.
                Contender contender = contenders.get((turn + round) % contenders.size());
                contender.rates()[round] = measure(contender.measurement());
                System.err.printf(
                        Locale.ROOT,
                        "round %d of %d: %-34s %8.2f%n",
                        round + 1,
                        rounds,
                        contender.name(),
                        contender.rates()[round]);
            }
        }
        print(contenders);
        return 0;
    }

    private void add(List<Contender> contenders, boolean receive, boolean packed) {
        String what = (receive ? "device to driver, " : "driver to device, ") + (packed ? "packed" : "split");
        Measurement foreign = new DpdkFrames(under, packed, receive, warmUp, seconds);
        Contender reference = new Contender("DPDK, " + what, foreign, null, new double[rounds]);
        contenders.add(reference);
        Measurement ours = new OurFrames(under, packed, receive, warmUp, seconds);
        contenders.add(new Contender("ours, " + what, ours, reference, new double[rounds]));
    }

    private static double measure(Measurement measurement) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("net-compare");
        try {
            return measurement.run(folder);
        } finally {
            try (Stream<Path> left = Files.list(folder)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private void print(List<Contender> contenders) {
        System.out.printf(
                "commit %s, Java %s, %d rounds of %d s; million frames a second%n",
                commit, Runtime.version(), rounds, seconds);
        System.out.printf("%-34s %8s %8s %8s %8s  %s%n", "", "median", "min", "max", "spread", "against DPDK");
        for (Contender contender : contenders) {
            double median = contender.quantile(0.5);
            Contender reference = contender.reference();
            System.out.printf(
                    Locale.ROOT,
                    "%-34s %8.2f %8.2f %8.2f %7.1f%%  %s%n",
                    contender.name(),
                    median,
                    contender.quantile(0),
                    contender.quantile(1),
                    100 * (contender.quantile(0.75) - contender.quantile(0.25)) / median,
                    reference == null ? "" : String.format(Locale.ROOT, "%.2f x", median / reference.quantile(0.5)));
        }
        System.out.println("spread: distance of the quartiles, of the median");
    }
}
