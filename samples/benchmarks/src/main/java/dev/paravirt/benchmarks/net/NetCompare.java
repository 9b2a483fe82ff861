// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.contest.Contender;
import dev.paravirt.benchmarks.contest.Contest;
import dev.paravirt.benchmarks.contest.ContestOptions;
import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.ForeignProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs pairs of a network driver and a device in turn. */
@Command(
        name = "net-compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Moves frames of 64 bytes through one pair of queues of 256 between two processes: DPDK's driver and"
                    + " device, and pairs with ours in them, in turn. An idle machine of two processors or more is needed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  All pairs, 3 rounds of 2 s each; some five minutes:",
            "    samples/benchmarks/net-compare",
            "",
            "  Our driver on DPDK's device, longer, with a file of all figures:",
            "    samples/benchmarks/net-compare --pairs driver --rounds 7 --warm-up 4 \\",
            "      --seconds 5 --json net.json",
            "",
            "  Before all else that runs on the machine:",
            "    samples/benchmarks/net-compare --pairs own,device --under 'chrt -r 1'"
        })
final class NetCompare implements Callable<Integer> {
    private static final String BASIS = "DPDK's driver and device";

    /** What is measured besides DPDK's driver with DPDK's device. */
    private enum Pair {
        own,
        device,
        driver
    }

    @Option(
            names = "--pairs",
            split = ",",
            description = "what to compare with DPDK: own (our driver with our device, by hypercalls), device (DPDK's"
                    + " driver with our device, by vhost-user), driver (our driver with DPDK's device, by vhost-user);"
                    + " default: all")
    private Set<Pair> pairs = Set.of(Pair.values());

    @Mixin
    private ContestOptions options = new ContestOptions(3);

    @Mixin
    private Conditions conditions = new Conditions(2, 2);

    private NetCompare() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new NetCompare()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        // Testpmd reports whole seconds.
        if (options.rounds() < 1 || conditions.warmUp() < 0 || conditions.seconds() < 2) {
            System.err.println("--rounds is at least 1, --warm-up at least 0, --seconds at least 2");
            return 2;
        }
        if (!ForeignProcess.isThere(Testpmd.PROGRAM, "dpdk-dev")) {
            return 1;
        }
        new Contest(options, conditions.seconds() + " s each", "million frames a second", contenders()).run();
        return 0;
    }

    private List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>();
        for (boolean receive : new boolean[] {false, true}) {
            for (boolean packed : new boolean[] {false, true}) {
                Flow flow = new Flow(conditions, packed, receive);
                Pairing dpdk = new Pairing(new Testpmd.Driver(), new Testpmd.Device(), flow);
                Contender basis = new Contender(flow.toString(), BASIS, List.of(), dpdk);
                contenders.add(basis);
                for (Pair pair : Pair.values()) {
                    if (pairs.contains(pair)) {
                        contenders.add(contender(pair, flow, basis));
                    }
                }
            }
        }
        return contenders;
    }

    private static Contender contender(Pair pair, Flow flow, Contender basis) {
        String name = switch (pair) {
            case own -> "ours, by hypercalls";
            case device -> "DPDK's driver, our device";
            case driver -> "our driver, DPDK's device";
        };
        Pairing pairing = switch (pair) {
            case own -> new Pairing(new Ours.Driver(false), new Ours.Device(false), flow);
            case device -> new Pairing(new Testpmd.Driver(), new Ours.Device(true), flow);
            case driver -> new Pairing(new Ours.Driver(true), new Testpmd.Device(), flow);
        };
        return new Contender(flow.toString(), name, List.of(basis), pairing);
    }
}
