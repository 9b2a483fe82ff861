// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.WorkloadResult;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A report as a page that needs nothing else, for large and small screens, by day and by night, and for paper. */
public final class HtmlPage {
    private static final String HEAD = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Paravirtual and trapped I/O</title>
        <style>
        :root { --ink: #1b1b1f; --soft: #62626c; --rule: #e2e2e8; --page: #fff; --mark: #2a5db0; --range: #a9c1ea; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --ink: #e8e8ee; --soft: #a0a0ac; --rule: #34343c; --page: #17171b; --mark: #8ab4f8; --range: #3d5a8c; }
        }
        body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem; color: var(--ink); background: var(--page);
          font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.1rem; margin: 0; }
        p { margin: .25rem 0 .75rem; max-width: 44rem; }
        .soft { color: var(--soft); font-size: .875rem; }
        .charts { display: grid; gap: 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
          margin: 1.5rem 0; }
        section { break-inside: avoid; }
        svg { display: block; width: 100%; }
        svg text { font-size: 13px; fill: var(--ink); }
        svg .axis { text-anchor: middle; font-size: 11px; fill: var(--soft); }
        svg .first { text-anchor: start; }
        svg .value { text-anchor: end; font-variant-numeric: tabular-nums; }
        svg .grid { stroke: var(--rule); }
        svg .range { stroke: var(--range); stroke-width: 6; stroke-linecap: round; }
        svg .mark { fill: var(--mark); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        </style>
        </head>
        <body>
        """;

    private final Report report;
    private final StringBuilder html = new StringBuilder(HEAD);

    private HtmlPage(Report report) {
        this.report = report;
    }

    public static String of(Report report) {
        HtmlPage page = new HtmlPage(report);
        page.introduction();
        report.workloads().forEach(page::workload);
        return page.html.append("</body>\n</html>\n").toString();
    }

    private void introduction() {
        html.append("<h1>Paravirtual and trapped I/O</h1>\n");
        report.heading().forEach(line -> paragraph("soft", line));
        paragraph(
                "",
                "An exit is a hand-over from the guest to its hypervisor, for which the guest stops. A trapped device"
                        + " costs one for each access to a register; a virtqueue costs one for each notification that"
                        + " could not be avoided. The contenders worked by turns in each round; a first round did not"
                        + " count.");
    }

    private void workload(WorkloadResult measured) {
        html.append("<h2>").append(LogChart.escape(measured.workload().title())).append("</h2>\n");
        paragraph("soft", measured.workload().meaning() + " Carrier: " + report.carrier() + ".");
        html.append("<div class=\"charts\">\n");
        charts(measured);
        html.append("</div>\n");
        table(measured);
    }

    private void charts(WorkloadResult measured) {
        LogChart rates = new LogChart("Requests a second");
        LogChart latencies = new LogChart("Latency in microseconds");
        for (Result result : measured.results()) {
            String text = number(result.median(), 0);
            rates.add(label(result), result.slowest(), result.median(), result.fastest(), text);
            double p50 = result.latencyMicros(50);
            double p99 = result.latencyMicros(99);
            latencies.add(label(result), p50, p50, p99, number(p50, 1) + " to " + number(p99, 1));
        }
        section(
                "Requests a second",
                "The median of the rounds; the line reaches from the slowest to the fastest.",
                rates);
        section(
                "Latency, microseconds",
                "From submission to completion: half of the requests were faster than the mark, 99 of 100 faster than"
                        + " the end of the line. At depth 32, requests wait for each other.",
                latencies);
        section(
                "Exits per request",
                "Counted where they leave the guest, notifications among them.",
                single(measured, "Exits per request", 3, Result::exitsPerRequest));
        section(
                "Processor time per request, microseconds",
                "Of guest and hypervisor together, as the system accounts for it.",
                single(measured, "Processor time per request in microseconds", 1, Result::processorMicrosPerRequest));
    }

    private LogChart single(WorkloadResult measured, String title, int decimals, ToDoubleFunction<Result> figure) {
        LogChart chart = new LogChart(title);
        for (Result result : measured.results()) {
            double value = figure.applyAsDouble(result);
            chart.add(label(result), value, value, value, number(value, decimals));
        }
        return chart;
    }

    private static String label(Result result) {
        return result.name() + ", depth " + result.depth();
    }

    private void section(String title, String meaning, LogChart chart) {
        html.append("<section>\n<h2>").append(LogChart.escape(title)).append("</h2>\n");
        paragraph("soft", meaning);
        html.append(chart.svg()).append("</section>\n");
    }

    private void table(WorkloadResult measured) {
        html.append("<h2>All figures</h2>\n");
        paragraph("soft", "A difference that the spread of the rounds covers is called \"the same\".");
        html.append("<div class=\"scroll\"><table>\n");
        row(
                "th",
                List.of(
                        "contender",
                        "requests/s",
                        "slowest",
                        "fastest",
                        "p50 us",
                        "p90 us",
                        "p99 us",
                        "p99.9 us",
                        "CPU us",
                        "exits",
                        "against the first"));
        for (Result result : measured.results()) {
            row(
                    "td",
                    List.of(
                            label(result),
                            number(result.median(), 0),
                            number(result.slowest(), 0),
                            number(result.fastest(), 0),
                            number(result.latencyMicros(50), 1),
                            number(result.latencyMicros(90), 1),
                            number(result.latencyMicros(99), 1),
                            number(result.latencyMicros(99.9), 1),
                            number(result.processorMicrosPerRequest(), 1),
                            number(result.exitsPerRequest(), 3),
                            measured.verdict(result)));
        }
        html.append("</table></div>\n");
    }

    private void row(String cell, List<String> texts) {
        html.append("<tr>");
        texts.forEach(text -> html.append("<" + cell + ">" + LogChart.escape(text) + "</" + cell + ">"));
        html.append("</tr>\n");
    }

    private void paragraph(String style, String text) {
        html.append(style.isEmpty() ? "<p>" : "<p class=\"" + style + "\">");
        html.append(LogChart.escape(text)).append("</p>\n");
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
