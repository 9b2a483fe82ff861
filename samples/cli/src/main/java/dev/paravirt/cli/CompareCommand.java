// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.cli.compare.Contest;
import dev.paravirt.cli.compare.Result;
import dev.paravirt.cli.compare.ResultTable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Compares paravirtual with trapped disk I/O: random reads of 4 KiB.",
        description = {
            "",
            "Each machine is a hypervisor process of its own with a disk in memory; this process is the guest of all of"
                    + " them. An exit is a hand-over to the hypervisor process. The contenders work by turns in each"
                    + " round; every block that is read is checked. Needs Linux and a JDK 25.",
            "",
            "trapped: an ATA disk in PIO mode, each access to a register an exit; by words, or with string instructions,"
                    + " which are one exit a block.",
            "mmio: virtio, rings in memory, registers trapped.",
            "hypercall: virtio, doorbells and hypercalls in place of registers, with interrupts or polling.",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:measured", "1:a machine broke down, or read something wrong"})
final class CompareCommand implements Callable<Integer> {
    private static final long QUICK_TURN = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long TURN = TimeUnit.SECONDS.toNanos(2);

    @Option(names = "--quick", description = "Five short rounds: about a quarter of a minute.")
    private boolean quick;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds that count, 3 to 1000 (default: 5 with --quick, otherwise 11).")
    private int rounds;

    @Override
    public Integer call() {
        int count = rounds != 0 ? rounds : quick ? 5 : 11;
        if (count < 3 || count > 1000) {
            System.err.println("paravirt compare: --rounds takes 3 to 1000, not " + count);
            return 2;
        }
        boolean terminal = Boolean.getBoolean("paravirt.terminal");
        try (Contest contest = new Contest()) {
            List<Result> results = contest.run(count, quick ? QUICK_TURN : TURN, done -> {
                if (terminal) {
                    System.err.print("\r" + (done == count ? "" : "round " + (done + 1) + " of " + count) + "\033[K");
                }
            });
            ResultTable.lines(results).forEach(System.out::println);
            return 0;
        } catch (IOException | IllegalStateException failure) {
            System.err.println("paravirt compare: " + failure);
            return 1;
        }
    }
}
