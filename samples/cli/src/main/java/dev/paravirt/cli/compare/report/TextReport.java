// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.workload.Family;
import dev.paravirt.cli.compare.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report as lines for a terminal: a table for each workload, and one each for the parts of the gain. */
public final class TextReport {
    private static final int LONGEST_BAR = 16;
    private static final int PERCENT = 100;
    private static final int MANY_BYTES = 4096;

    private final Report report;
    private final List<String> lines;

    private TextReport(Report report) {
        this.report = report;
        this.lines = new ArrayList<>(report.heading());
    }

    public static List<String> lines(Report report) {
        TextReport text = new TextReport(report);
        for (WorkloadResult measured : report.workloads()) {
            if (measured.workload().family() != Family.EXIT) {
                text.table(measured);
            }
        }
        text.gain();
        text.exits();
        text.startUps();
        return text.lines;
    }

    private void add(String line) {
        lines.add(line.stripTrailing());
    }

    private void title(String title) {
        lines.add("");
        add(String.format(Locale.ROOT, "%s (carrier: %s)", title, report.carrier()));
    }

    private void table(WorkloadResult measured) {
        Workload workload = measured.workload();
        title(workload.name() + ": " + workload.title());
        String rate = inMegabytes(workload) ? "MB" : workload.unit() + "s";
        add(String.format(Locale.ROOT, "%35s %24s %10s %9s %10s", rate, "latency, us", "CPU us", "exits", "against"));
        add(String.format(
                Locale.ROOT,
                "%-22s %5s %12s %6s %8s %8s %9s %9s %9s",
                "contender",
                "depth",
                "/s, median",
                "spread",
                "p50",
                "p99",
                "/" + workload.unit(),
                "/" + workload.unit(),
                "the first"));
        double most = measured.results().stream()
                .mapToDouble(Result::median)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        measured.results().forEach(result -> line(measured, result, most));
    }

    private static boolean inMegabytes(Workload workload) {
        return !workload.hasLatency() && workload.bytes() >= MANY_BYTES;
    }

    private void line(WorkloadResult measured, Result result, double most) {
        add(String.format(
                Locale.ROOT,
                "%-24s %3d %12s %5.0f%% %8s %8s %9.2f %9.3f %9s  %s",
                result.name(),
                result.depth(),
                inMegabytes(measured.workload())
                        ? number(measured.megabytesPerSecond(result), 1)
                        : number(result.median(), 0),
                result.spread() * PERCENT,
                number(result.latencyMicros(50), 1),
                number(result.latencyMicros(99), 1),
                result.processorMicrosPerRequest(),
                result.exitsPerRequest(),
                measured.verdict(result),
                "#".repeat((int) Math.round(result.median() / most * LONGEST_BAR))));
    }

    private static String number(double value, int decimals) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private void gain() {
        List<GainStep> steps = report.gain();
        if (steps.isEmpty()) {
            return;
        }
        title("where the gain comes from, random reads of 4 KiB");
        add(String.format(Locale.ROOT, "%-48s %10s %14s", "change", "times", "exits/request"));
        add(String.format(
                Locale.ROOT,
                "%-48s %10s %14.3f",
                steps.getFirst().from().name(),
                "",
                steps.getFirst().from().exitsPerRequest()));
        for (GainStep step : steps) {
            add(String.format(
                    Locale.ROOT,
                    "%-48s %10s %14.3f",
                    "  " + step.name(),
                    step.verdict(),
                    step.to().exitsPerRequest()));
        }
        GainStep all = new GainStep("", steps.getFirst().from(), steps.getLast().to());
        add(String.format(Locale.ROOT, "%-48s %10s", "all together", all.verdict()));
    }

    private void exits() {
        List<ExitCost> costs = report.exitCosts();
        if (costs.isEmpty()) {
            return;
        }
        title("what one exit costs that does nothing else, in ns");
        add(String.format(Locale.ROOT, "%-10s %-32s %10s %10s %10s", "machine", "exit", "median", "least", "most"));
        for (ExitCost cost : costs) {
            add(String.format(
                    Locale.ROOT,
                    "%-10s %-32s %10s %10s %10s",
                    cost.machine().name().toLowerCase(Locale.ROOT),
                    cost.what(),
                    number(cost.nanos(), 0),
                    number(cost.least(), 0),
                    number(cost.most(), 0)));
        }
    }

    private void startUps() {
        title("exits to configure a device, until it takes requests");
        add(String.format(Locale.ROOT, "%-14s %10s %10s %10s", "device", "trapped", "mmio", "hypercall"));
        for (String device :
                report.startUps().stream().map(StartUp::device).distinct().toList()) {
            List<Object> cells = new ArrayList<>(List.of(device));
            report.startUps().stream()
                    .filter(startUp -> startUp.device().equals(device))
                    .forEach(startUp -> cells.add(startUp.exits()));
            add(String.format(Locale.ROOT, "%-14s %10s %10s %10s", cells.toArray()));
        }
    }
}
