// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** All workloads that there are. */
public final class Workloads {
    private static final List<ContenderFactory> FACTORIES =
            List.of(new ExitContenders(), new BlockContenders(), new NetContenders(), new ConsoleContenders());

    /** Enough for each family to show what it gains. */
    private static final List<String> QUICK = List.of(
            "exit",
            "block-random-4k",
            "net-send-1514",
            "net-receive-1514",
            "net-echo-64",
            "console-bulk",
            "console-keys");

    private Workloads() {}

    public static List<Workload> all() {
        return FACTORIES.stream()
                .flatMap(factory -> factory.workloads().stream())
                .toList();
    }

    /** Those that show the most in little time. */
    public static List<Workload> quick() {
        return all().stream()
                .filter(workload -> QUICK.contains(workload.name()))
                .toList();
    }

    /**
     * Those with these names, in the order of {@link #all}, each once.
     *
     * @param names or beginnings of names, up to a hyphen: "net" is all of the network
     * @throws IllegalArgumentException if there is nothing of such a name; it says what there is
     */
    public static List<Workload> select(List<String> names) {
        for (String name : names) {
            if (all().stream().noneMatch(workload -> isMeant(workload, name))) {
                String known = all().stream().map(Workload::name).collect(Collectors.joining(", "));
                throw new IllegalArgumentException(
                        "there is no workload \"" + name + "\"; there are " + known + ", and beginnings such as net");
            }
        }
        return all().stream()
                .filter(workload -> names.stream().anyMatch(name -> isMeant(workload, name)))
                .toList();
    }

    private static boolean isMeant(Workload workload, String name) {
        return workload.name().equals(name) || workload.name().startsWith(name + "-");
    }

    /** The contenders of some workloads: those of one behind the other. */
    public static List<Contender> contenders(List<Workload> workloads, Drivers drivers) {
        List<Contender> contenders = new ArrayList<>();
        for (ContenderFactory factory : FACTORIES) {
            for (Workload workload : factory.workloads()) {
                if (workloads.contains(workload)) {
                    contenders.addAll(factory.contenders(workload, drivers));
                }
            }
        }
        return contenders;
    }
}
