// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.WorkloadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The part of a page that is about one workload: what it is, four charts, and a table of all there is. */
final class WorkloadPart {
    private static final List<String> COLUMNS = List.of(
            "contender",
            "a second",
            "slowest",
            "fastest",
            "MB/s",
            "p50 us",
            "p90 us",
            "p99 us",
            "p99.9 us",
            "CPU us",
            "exits",
            "against the first");

    private final WorkloadResult measured;
    private final String caption;
    private final String unit;

    /** @param caption of the table */
    WorkloadPart(WorkloadResult measured, String caption) {
        this.measured = measured;
        this.caption = caption;
        this.unit = measured.workload().unit();
    }

    void write(Html page) {
        page.raw("<h2 id=\"" + measured.workload().name() + "\">")
                .raw(Html.escape(capitalized(measured.workload().title())))
                .raw("</h2>\n");
        page.paragraph(measured.workload().meaning());
        page.raw("<div class=\"charts\">\n");
        page.chart(
                plural() + " a second",
                "The median of the rounds; the line reaches from the slowest to the fastest.",
                rates());
        if (measured.workload().hasLatency()) {
            page.chart(
                    "Latency of a " + unit + ", microseconds",
                    "Half of them took less than the mark, which comes first in figures; 90, 99 and 99.9 of 100 less"
                            + " than the ticks. At a depth, they wait for each other.",
                    latencies());
        }
        page.chart(
                "Exits per " + unit,
                "Counted where they leave the guest, notifications among them.",
                single(Result::exitsPerRequest));
        page.chart(
                "Processor time per " + unit + ", microseconds",
                "Of guest and hypervisor together, as the system accounts for it.",
                single(Result::processorMicrosPerRequest));
        page.raw("</div>\n");
        page.table(caption, COLUMNS, measured.results().stream().map(this::row).toList());
    }

    private String plural() {
        return capitalized(unit) + "s";
    }

    private static String capitalized(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private LogChart rates() {
        LogChart chart = new LogChart();
        for (Result result : measured.results()) {
            chart.add(
                    style(result),
                    label(result),
                    Html.number(result.median()),
                    result.median(),
                    result.slowest(),
                    result.fastest());
        }
        return chart;
    }

    private LogChart latencies() {
        LogChart chart = new LogChart();
        for (Result result : measured.results()) {
            double p50 = result.latencyMicros(50);
            double p99 = result.latencyMicros(99);
            chart.add(
                    style(result),
                    label(result),
                    Html.number(p50) + " / " + Html.number(p99),
                    p50,
                    result.latencyMicros(90),
                    p99,
                    result.latencyMicros(99.9));
        }
        return chart;
    }

    private LogChart single(ToDoubleFunction<Result> figure) {
        LogChart chart = new LogChart();
        for (Result result : measured.results()) {
            double value = figure.applyAsDouble(result);
            chart.add(style(result), label(result), Html.number(value), value);
        }
        return chart;
    }

    private List<String> row(Result result) {
        List<String> cells = new ArrayList<>();
        cells.add(label(result));
        for (double rate : new double[] {result.median(), result.slowest(), result.fastest()}) {
            cells.add(Html.number(rate, 0));
        }
        cells.add(Html.number(measured.megabytesPerSecond(result), 1));
        for (double percentile : new double[] {50, 90, 99, 99.9}) {
            cells.add(Html.number(result.latencyMicros(percentile), 1));
        }
        cells.add(Html.number(result.processorMicrosPerRequest(), 1));
        cells.add(Html.number(result.exitsPerRequest(), 3));
        cells.add(measured.verdict(result));
        return cells;
    }

    static String style(Result result) {
        return result.machine().name().toLowerCase(Locale.ROOT);
    }

    static String label(Result result) {
        return result.depth() == 1 ? result.name() : result.name() + ", depth " + result.depth();
    }
}
