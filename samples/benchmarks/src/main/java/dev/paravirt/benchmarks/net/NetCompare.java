// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs pairs of a network driver and a device in turn, so that all see the same moods of the machine. */
@Command(
        name = "net-compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Moves frames of 64 bytes through one pair of queues of 256 between two processes: DPDK's driver and"
                        + " device, and pairs with ours in them, in turn. An idle machine of two processors or more is needed.")
final class NetCompare implements Callable<Integer> {
    /** What is measured besides DPDK's driver with DPDK's device. */
    private enum Pair {
        own,
        device
    }

    @Option(names = "--commit", hidden = true, description = "what was measured")
    private String commit = "unknown";

    @Option(
            names = "--pairs",
            split = ",",
            description = "what to compare with DPDK: own (our driver with our device, by hypercalls), device (DPDK's"
                    + " driver with our device, by vhost-user); default: all")
    private Set<Pair> pairs = Set.of(Pair.values());

    @Option(names = "--rounds", description = "measurements of each (default: ${DEFAULT-VALUE})")
    private int rounds = 3;

    @Option(names = "--warm-up", description = "seconds that do not count (default: ${DEFAULT-VALUE})")
    private int warmUp = 2;

    @Option(
            names = "--seconds",
            description =
                    "seconds that count, at least 2, since testpmd reports whole ones (default: ${DEFAULT-VALUE})")
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

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || warmUp < 0 || seconds < 2) {
            System.err.println("--rounds is at least 1, --warm-up at least 0, --seconds at least 2");
            return 2;
        }
        boolean dpdk = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, Testpmd.PROGRAM)));
        if (!dpdk) {
            System.err.println("There is no " + Testpmd.PROGRAM + " to compare with:"
                    + " apt-get install --no-install-recommends dpdk-dev");
            return 1;
        }
        List<Contender> contenders = contenders();
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < contenders.size(); turn++) {
                // Another one begins each round, lest one always runs behind the same neighbour.
                Contender contender = contenders.get((turn + round) % contenders.size());
                contender.measure(round);
                System.err.printf(
                        Locale.ROOT,
                        "round %d of %d: %-26s %-25s %8.2f%n",
                        round + 1,
                        rounds,
                        contender.name(),
                        contender.flow(),
                        contender.rates()[round]);
            }
        }
        print(contenders);
        return 0;
    }

    private List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>();
        for (boolean receive : new boolean[] {false, true}) {
            for (boolean packed : new boolean[] {false, true}) {
                Flow flow = new Flow(under, packed, receive, warmUp, seconds);
                FrameDriver driver = new Testpmd.Driver();
                FrameDevice device = new Testpmd.Device();
                Contender reference = contender("DPDK's driver and device", driver, device, flow, null);
                contenders.add(reference);
                if (pairs.contains(Pair.own)) {
                    FrameDriver ours = new Ours.Driver();
                    contenders.add(contender("ours, by hypercalls", ours, new Ours.Device(false), flow, reference));
                }
                if (pairs.contains(Pair.device)) {
                    FrameDevice ours = new Ours.Device(true);
                    contenders.add(contender("DPDK's driver, our device", driver, ours, flow, reference));
                }
            }
        }
        return contenders;
    }

    private Contender contender(
            String name, FrameDriver driver, FrameDevice device, Flow flow, @Nullable Contender reference) {
        return new Contender(name, driver, device, flow, reference, new double[rounds]);
    }

    private void print(List<Contender> contenders) {
        System.out.printf(
                "commit %s, Java %s, %d rounds of %d s; million frames a second%n",
                commit, Runtime.version(), rounds, seconds);
        System.out.printf(
                "%-25s %-26s %8s %8s %8s %8s  %s%n", "", "", "median", "min", "max", "spread", "against DPDK");
        for (Contender contender : contenders) {
            double median = contender.quantile(0.5);
            Contender reference = contender.reference();
            System.out.printf(
                    Locale.ROOT,
                    "%-25s %-26s %8.2f %8.2f %8.2f %7.1f%%  %s%n",
                    contender.flow(),
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
