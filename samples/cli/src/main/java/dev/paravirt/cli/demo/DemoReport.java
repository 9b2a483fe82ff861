// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a run of the demo came to, for people and for programs. */
record DemoReport(
        DemoSettings settings,
        DemoImage image,
        List<WorkloadRow> workloads,
        List<ThroughputRow> throughput,
        EventfdRoundTrip roundTrip,
        List<Check> checks,
        double seconds) {

    boolean passed() {
        return checks.stream().allMatch(Check::holds);
    }

    void print(Progress progress) {
        if (!workloads.isEmpty()) {
            ResultTable.lines(workloads).forEach(line -> progress.line("  " + line));
            progress.line("");
        }
        if (!throughput.isEmpty()) {
            ThroughputRow.lines(throughput).forEach(line -> progress.line("  " + line));
            progress.line("");
        }
        progress.line(String.format(
                Locale.ROOT,
                "  Three eventfd round trips between two processes: %.1f us.%s",
                3 * roundTrip.p50Micros(),
                depthOne()
                        .map(row ->
                                String.format(Locale.ROOT, " One random read at depth 1: %.1f us (p50).", row.p50()))
                        .orElse("")));
        progress.line("");
        for (Check check : checks) {
            progress.line("  " + (check.holds() ? "ok      " : "FAILED  ") + check.what());
            if (!check.holds()) {
                progress.line("          " + check.problem());
            }
        }
        List<String> missing = Verification.missingTools();
        if (!missing.isEmpty()) {
            progress.line("  note    not installed here, so not used: " + String.join(", ", missing));
        }
        long failed = checks.stream().filter(check -> !check.holds()).count();
        progress.line("");
        progress.line(String.format(
                Locale.ROOT,
                "%d checks, %s, in %.1f s",
                checks.size(),
                failed == 0 ? "all held" : failed + " FAILED",
                seconds));
    }

    String json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("passed", passed());
        json.put("seconds", seconds);
        json.put("seed", settings.seed());
        json.put("quick", settings.quick());
        json.put("java", Runtime.version().toString());
        json.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors");
        json.put("image", image.file().toString());
        json.put("directory", image.directory());
        json.put("workloads", workloads.stream().map(DemoReport::row).toList());
        json.put("throughput", throughput.stream().map(ThroughputRow::json).toList());
        Map<String, Object> eventfd = new LinkedHashMap<>();
        eventfd.put("rounds", roundTrip.rounds());
        eventfd.put("p50Micros", roundTrip.p50Micros());
        eventfd.put("p99Micros", roundTrip.p99Micros());
        json.put("eventfdRoundTrip", eventfd);
        List<Map<String, Object>> all = new ArrayList<>();
        for (Check check : checks) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("what", check.what());
            one.put("held", check.holds());
            one.put("problem", check.problem());
            all.add(one);
        }
        json.put("checks", all);
        return Json.of(json);
    }

    private Optional<WorkloadRow> depthOne() {
        return workloads.stream()
                .filter(row -> row.operation().equals("random-read") && row.queueDepth() == 1)
                .findFirst();
    }

    private static Map<String, Object> row(WorkloadRow row) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("operation", row.operation());
        json.put("queueDepth", row.queueDepth());
        json.put("blockSize", row.blockSize());
        json.put("requests", row.requests());
        json.put("errors", row.errors());
        json.put("iops", row.iops());
        json.put("mbPerSecond", row.megabytesPerSecond());
        json.put("p50Micros", row.p50());
        json.put("p99Micros", row.p99());
        json.put("p999Micros", row.p999());
        json.put("doorbellsPerRequest", row.doorbellsPerRequest());
        json.put("interruptsPerRequest", row.interruptsPerRequest());
        return json;
    }
}
