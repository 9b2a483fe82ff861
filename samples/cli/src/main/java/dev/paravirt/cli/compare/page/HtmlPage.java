// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import dev.paravirt.cli.compare.report.ExitCost;
import dev.paravirt.cli.compare.report.GainStep;
import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.WorkloadResult;
import dev.paravirt.cli.compare.workload.Family;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A report as a page that needs nothing else, for large and small screens, by day and by night, and for paper. */
public final class HtmlPage {
    private static final String STYLE = "page.css";
    private static final String OVERVIEW = "How many times as fast as trapped";

    private final Report report;
    private final Html page = new Html();

    private HtmlPage(Report report) {
        this.report = report;
    }

    /** The whole page. */
    public static String of(Report report) {
        return new HtmlPage(report).write();
    }

    /** The overview alone, as an SVG picture for a document. */
    public static String picture(Report report) {
        return new HtmlPage(report).gains().picture(OVERVIEW, style());
    }

    private String write() {
        head();
        introduction();
        overview();
        exits();
        gain();
        report.workloads().stream()
                .filter(measured -> measured.workload().family() != Family.EXIT)
                .forEach(measured -> new WorkloadPart(measured, caption()).write(page));
        startUps();
        return page.raw("</body>\n</html>\n").toString();
    }

    private void head() {
        page.raw("""
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>Paravirtual and trapped I/O</title>
                <style>
                """).raw(style()).raw("</style>\n</head>\n<body>\n");
    }

    private static String style() {
        try (InputStream resource = HtmlPage.class.getResourceAsStream(STYLE)) {
            return new String(Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void introduction() {
        page.heading(1, "What paravirtualization gains on this machine");
        report.heading().forEach(page::note);
        page.paragraph(
                "An exit is a hand-over from the guest to its hypervisor, for which the guest stops. A trapped device"
                        + " costs one for each access to a register; a ring in shared memory costs one for each notification"
                        + " that could not be avoided. All contenders did the same work by turns, round after round; the first"
                        + " round did not count, and a difference that the spread of the rounds covers is called \"the same\".");
        page.raw("<ul class=\"legend\">\n");
        legend(
                "trapped",
                "trapped: the device that hardware has, each access to a register of which is an exit;"
                        + " by strings, one exit moves many words, as a processor's REP INS does");
        legend("mmio", "mmio: a virtio device, whose rings are in memory and whose registers are trapped");
        legend(
                "hypercall",
                "hypercall: the same virtio device without registers; the guest sleeps until an interrupt"
                        + " comes, or polls the ring");
        page.raw("</ul>\n");
    }

    private void legend(String style, String words) {
        page.raw("<li class=\"" + style + "\"><span>").raw(Html.escape(words)).raw("</span></li>\n");
    }

    private String caption() {
        return "carrier: " + report.carrier();
    }

    private void overview() {
        page.raw("<div class=\"charts\">\n");
        page.chart(
                OVERVIEW,
                "The fastest contender at each kind of work, against the trapped device as hardware has it, in the"
                        + " median of the rounds.",
                gains());
    }

    /** How many times as fast as trapped each kind of work is done at best. */
    private LogChart gains() {
        LogChart chart = new LogChart();
        for (WorkloadResult measured : report.workloads()) {
            if (measured.workload().family() != Family.EXIT) {
                Result best = best(measured);
                chart.add(
                        WorkloadPart.style(best),
                        measured.workload().title(),
                        best == measured.first() ? "trapped" : measured.verdict(best),
                        best.median() / measured.first().median(),
                        1);
            }
        }
        return chart;
    }

    private static Result best(WorkloadResult measured) {
        return measured.results().stream()
                .max(Comparator.comparingDouble(Result::median))
                .orElseThrow();
    }

    private void exits() {
        List<ExitCost> costs = report.exitCosts();
        if (!costs.isEmpty()) {
            LogChart chart = new LogChart();
            for (ExitCost cost : costs) {
                String style = cost.machine().name().toLowerCase(Locale.ROOT);
                chart.add(style, cost.what(), Html.number(cost.nanos(), 0), cost.nanos(), cost.least(), cost.most());
            }
            page.chart(
                    "What one exit costs, nanoseconds",
                    "There and back, with nothing to do at the other end: the median of the rounds, from the fastest to"
                            + " the slowest. Here " + report.carrierMeaning() + ".",
                    chart);
        }
        page.raw("</div>\n");
    }

    private void gain() {
        List<GainStep> steps = report.gain();
        if (steps.isEmpty()) {
            return;
        }
        page.heading(2, "Where the gain comes from");
        page.paragraph(
                "Each line differs from the one before in one thing; together they lead from the trapped device to"
                        + " the polled ring. Random reads of 4 KiB.");
        page.table(
                caption(),
                List.of("what is different", "from, a second", "to, a second", "exits before", "exits after", "gain"),
                steps.stream().map(HtmlPage::step).toList());
    }

    private static List<String> step(GainStep step) {
        return List.of(
                step.name(),
                Html.number(step.from().median(), 0),
                Html.number(step.to().median(), 0),
                Html.number(step.from().exitsPerRequest(), 3),
                Html.number(step.to().exitsPerRequest(), 3),
                step.verdict());
    }

    private void startUps() {
        page.heading(2, "Exits until a device is ready");
        page.paragraph(
                "A driver starts once, so that this hardly matters for throughput; it is what a boot consists of.");
        page.table(
                caption(),
                List.of("device", "machine", "exits", "us, once and cold"),
                report.startUps().stream()
                        .map(start -> List.of(
                                start.device(),
                                start.machine().name().toLowerCase(Locale.ROOT),
                                Html.number(start.exits(), 0),
                                Html.number(start.nanos() / 1e3, 0)))
                        .toList());
    }
}
