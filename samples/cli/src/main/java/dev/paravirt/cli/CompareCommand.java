// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import dev.paravirt.cli.compare.Contest;
import dev.paravirt.cli.compare.CostContest;
import dev.paravirt.cli.compare.TerminalProgress;
import dev.paravirt.cli.compare.carrier.Carrier;
import dev.paravirt.cli.compare.carrier.Carriers;
import dev.paravirt.cli.compare.page.HtmlPage;
import dev.paravirt.cli.compare.report.CostReport;
import dev.paravirt.cli.compare.report.CsvReport;
import dev.paravirt.cli.compare.report.InstrumentationCost;
import dev.paravirt.cli.compare.report.JsonReport;
import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.report.Surroundings;
import dev.paravirt.cli.compare.report.TextReport;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.compare.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Compares paravirtual with trapped I/O: disk, network and console.",
        description = {
            "",
            "Each machine has a hypervisor of its own; this process is the guest of all of them. An exit is a hand-over to"
                    + " the hypervisor, for which the guest stops. The contenders work by turns in each round; what they"
                    + " read, send and receive is checked. Needs Linux and a JDK 25.",
            "",
            "trapped: an ATA disk in PIO mode, an NE2000 and a 16550A, each access to a register an exit; by words, or"
                    + " with string instructions, which are one exit for up to 4 KiB.",
            "mmio: virtio, rings in memory, registers trapped.",
            "hypercall: virtio, doorbells and hypercalls in place of registers, with interrupts or polling.",
            "",
            "Rates are the median of the rounds, spread the distance from the slowest round to the fastest. CPU is"
                    + " the processor time of guest and hypervisor together. A difference that the spreads cover is called"
                    + " \"the same\".",
            ""
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:measured",
            "1:a machine broke down, or something was lost or wrong",
            "2:the command line is not usable",
            "130:ended by Ctrl-C, after writing what was measured in whole rounds"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  samples/paravirt compare --quick",
            "      tables of the workloads that show the most, in less than half a minute",
            "  samples/paravirt compare --html result.html --json result.json",
            "      all workloads, measured thoroughly, for people and for programs",
            "  samples/paravirt compare --workload block-random-4k,net --carrier thread",
            "      one disk workload and all of the network, the hypervisor being a thread",
            "  samples/paravirt compare --cost --workload block-random-4k",
            "      what the counting and timing of that workload costs"
        })
final class CompareCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int NOT_USABLE = 2;
    private static final int QUICK_ROUNDS = 5;
    private static final int ROUNDS = 11;
    private static final int FEWEST_ROUNDS = 3;
    private static final int MOST_ROUNDS = 1000;
    private static final int QUICK_TURN = 50;
    private static final int TURN = 400;
    private static final int LONGEST_TURN = 60_000;

    @Option(names = "--quick", description = "Five short rounds of some workloads: less than half a minute.")
    private boolean quick;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            split = ",",
            description = "What to measure: names, or beginnings of names such as block, net or console (default: all;"
                    + " with --quick, those that show the most). --list shows them.")
    private List<String> workloads = List.of();

    @Option(names = "--list", description = "Show the workloads, and measure nothing.")
    private boolean list;

    @Option(
            names = "--carrier",
            paramLabel = "NAME",
            defaultValue = "process",
            description = "Where the hypervisor is: another process, or another thread (default: ${DEFAULT-VALUE}).")
    private String carrier = "process";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds that count, 3 to 1000 (default: 5 with --quick, otherwise 11).")
    private @Nullable Integer rounds;

    @Option(
            names = "--turn",
            paramLabel = "MS",
            description = "How long each contender works in a round, in milliseconds, 1 to 60000 (default: 50 with"
                    + " --quick, otherwise 400).")
    private @Nullable Integer turn;

    @Option(
            names = "--cost",
            description = "Measure what counting and timing costs instead: each contender by turns with and without.")
    private boolean cost;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts to this file too.")
    private @Nullable Path html;

    @Option(
            names = "--picture",
            paramLabel = "FILE",
            description = "Write the first chart of the page to this file too, as an SVG picture for a document.")
    private @Nullable Path picture;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures and counts to this file too.")
    private @Nullable Path json;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            description = "Write what each contender did in each round to this file too.")
    private @Nullable Path csv;

    /** The command line, checked. */
    private record Plan(Carrier carrier, List<Workload> workloads, int rounds, int turnMillis) {
        long turnNanos() {
            return TimeUnit.MILLISECONDS.toNanos(turnMillis);
        }
    }

    @Override
    public Integer call() {
        Plan plan;
        try {
            plan = plan();
        } catch (IllegalArgumentException unusable) {
            return fail(String.valueOf(unusable.getMessage()), NOT_USABLE);
        }
        if (list) {
            plan.workloads().forEach(workload -> System.out.printf("%-22s %s%n", workload.name(), workload.title()));
            return 0;
        }
        AtomicBoolean isStopped = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        Thread stop = Thread.ofPlatform().unstarted(() -> stop(isStopped, ended));
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return cost ? measureCost(plan, isStopped) : measure(plan, isStopped);
        } catch (IOException | IllegalStateException failure) {
            return fail(failure.toString(), FAILED);
        } finally {
            ended.countDown();
        }
    }

    private Plan plan() {
        int count = rounds != null ? rounds : quick ? QUICK_ROUNDS : ROUNDS;
        int millis = turn != null ? turn : quick ? QUICK_TURN : TURN;
        require(count >= FEWEST_ROUNDS && count <= MOST_ROUNDS, "--rounds takes 3 to 1000, not " + count);
        require(millis >= 1 && millis <= LONGEST_TURN, "--turn takes 1 to 60000, not " + millis);
        Carrier chosen = Carriers.find(carrier)
                .orElseThrow(() -> new IllegalArgumentException("--carrier takes "
                        + Carriers.all().stream().map(Carrier::name).collect(Collectors.joining(" or ")) + ", not "
                        + carrier));
        require(!cost || html == null && picture == null && json == null && csv == null, "--cost writes no files");
        List<Workload> defaults = quick ? Workloads.quick() : Workloads.all();
        return new Plan(chosen, workloads.isEmpty() ? defaults : Workloads.select(workloads), count, millis);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
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

    private int measure(Plan plan, AtomicBoolean isStopped) throws IOException {
        Report report;
        try (Contest contest = new Contest(plan.carrier(), plan.workloads());
                TerminalProgress progress = progress(plan, contest.contenders())) {
            report = contest.run(plan.rounds(), plan.turnNanos(), isStopped::get, progress);
        }
        TextReport.lines(report).forEach(System.out::println);
        noteEarlyEnd(plan, report.rounds());
        write(report);
        System.out.flush();
        return 0;
    }

    private int measureCost(Plan plan, AtomicBoolean isStopped) throws IOException {
        Surroundings surroundings = Surroundings.look();
        List<InstrumentationCost> costs;
        try (CostContest contest = new CostContest(plan.carrier(), plan.workloads());
                TerminalProgress progress = progress(plan, contest.contenders())) {
            costs = contest.run(plan.rounds(), plan.turnNanos(), isStopped::get, progress);
        }
        CostReport.lines(surroundings, plan.carrier().name(), costs).forEach(System.out::println);
        noteEarlyEnd(plan, costs.getFirst().with().rounds().size());
        System.out.flush();
        return 0;
    }

    private static TerminalProgress progress(Plan plan, int contenders) {
        return new TerminalProgress(Boolean.getBoolean("paravirt.terminal"), plan.rounds(), contenders);
    }

    private static void noteEarlyEnd(Plan plan, int rounds) {
        if (rounds < plan.rounds()) {
            System.out.println("stopped after " + rounds + " of " + plan.rounds() + " rounds");
        }
    }

    private void write(Report report) throws IOException {
        if (html != null) {
            Files.writeString(html, HtmlPage.of(report));
        }
        if (picture != null) {
            Files.writeString(picture, HtmlPage.picture(report));
        }
        if (json != null) {
            Files.writeString(json, JsonReport.of(report));
        }
        if (csv != null) {
            Files.writeString(csv, CsvReport.of(report));
        }
    }

    private static int fail(String message, int status) {
        System.err.println("paravirt compare: " + message);
        return status;
    }
}
