// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.cli.compare.Contest;
import dev.paravirt.cli.compare.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
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
            "trapped: an ATA disk in PIO mode, each access to a register an exit; by words, or with string"
                    + " instructions, which are one exit a block.",
            "mmio: virtio, rings in memory, registers trapped.",
            "hypercall: virtio, doorbells and hypercalls in place of registers, with interrupts or polling.",
            "",
            "requests/s is the median of the rounds, spread the distance from the slowest round to the fastest. CPU is"
                    + " the processor time of guest and hypervisor together. A difference that the spreads cover is called"
                    + " \"the same\".",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:measured",
            "1:a machine broke down, or read something wrong",
            "2:the command line is not usable",
            "130:ended by Ctrl-C, after writing what was measured in whole rounds"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  samples/paravirt compare --quick",
            "      a table in a quarter of a minute",
            "  samples/paravirt compare --html result.html --json result.json",
            "      measures thoroughly, for people and for programs"
        })
final class CompareCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int NOT_USABLE = 2;
    private static final int QUICK_ROUNDS = 5;
    private static final int ROUNDS = 11;
    private static final int FEWEST_ROUNDS = 3;
    private static final int MOST_ROUNDS = 1000;
    private static final int QUICK_TURN = 300;
    private static final int TURN = 2000;
    private static final int LONGEST_TURN = 60_000;

    @Option(names = "--quick", description = "Five short rounds: about a quarter of a minute.")
    private boolean quick;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds that count, 3 to 1000 (default: 5 with --quick, otherwise 11).")
    private int rounds;

    @Option(
            names = "--turn",
            paramLabel = "MS",
            description = "How long each contender works in a round, in milliseconds, 1 to 60000 (default: 300 with"
                    + " --quick, otherwise 2000).")
    private int turn;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts to this file too.")
    private @Nullable Path html;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures and counts to this file too.")
    private @Nullable Path json;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            description = "Write what each contender did in each round to this file too.")
    private @Nullable Path csv;

    @Override
    public Integer call() {
        int count = rounds != 0 ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
        if (count < FEWEST_ROUNDS || count > MOST_ROUNDS) {
            return fail("--rounds takes 3 to 1000, not " + count, NOT_USABLE);
        }
        int millis = turn != 0 ? turn : quick ? QUICK_TURN : TURN;
        if (millis < 1 || millis > LONGEST_TURN) {
            return fail("--turn takes 1 to 60000, not " + millis, NOT_USABLE);
        }
        AtomicBoolean isStopped = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        Thread stop = Thread.ofPlatform().unstarted(() -> stop(isStopped, ended));
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return measure(count, millis, isStopped);
        } catch (IOException | IllegalStateException failure) {
            return fail(failure.toString(), FAILED);
        } finally {
            ended.countDown();
        }
    }

    /** Has what was measured written before this process ends. */
    private static void stop(AtomicBoolean isStopped, CountDownLatch ended) {
        isStopped.set(true);
        try {
            ended.await();
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }

    private int measure(int count, int millis, AtomicBoolean isStopped) throws IOException {
        Report report;
        try (Contest contest = new Contest()) {
            Progress progress = new Progress(count);
            report = contest.run(count, TimeUnit.MILLISECONDS.toNanos(millis), isStopped::get, progress::rounds);
        }
        report.lines().forEach(System.out::println);
        if (report.rounds() < count) {
            System.out.println("stopped after " + report.rounds() + " of " + count + " rounds");
        }
        if (html != null) {
            Files.writeString(html, report.html());
        }
        if (json != null) {
            Files.writeString(json, report.json());
        }
        if (csv != null) {
            Files.writeString(csv, report.csv());
        }
        System.out.flush();
        return 0;
    }

    private static int fail(String message, int status) {
        System.err.println("paravirt compare: " + message);
        return status;
    }

    /** A line on a terminal that says how far it is. */
    private static final class Progress {
        private final boolean isTerminal = Boolean.getBoolean("paravirt.terminal");
        private final long start = System.nanoTime();
        private final int all;

        Progress(int all) {
            this.all = all;
            rounds(-1);
        }

        /** @param done rounds that count; -1 while those that warm up are under way */
        void rounds(int done) {
            if (isTerminal) {
                System.err.print("\r" + text(done) + "\033[K");
                System.err.flush();
            }
        }

        private String text(int done) {
            if (done == all) {
                return "";
            }
            if (done < 0) {
                return "warming up";
            }
            long each = (System.nanoTime() - start) / (done + 1);
            return "round " + (done + 1) + " of " + all + ", " + TimeUnit.NANOSECONDS.toSeconds(each * (all - done))
                    + " s left";
        }
    }
}
