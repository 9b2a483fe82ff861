// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results as lines of text. */
final class ResultTable {
    private static final int LONGEST_BAR = 16;
    private static final int PERCENT = 100;

    private ResultTable() {}

    /** @param results the first of which the others are compared with */
    static List<String> lines(List<String> heading, List<Result> results) {
        List<String> lines = new ArrayList<>(heading);
        lines.add("");
        lines.add("                               requests          latency, us         CPU us     exits    against");
        lines.add("contender              depth  /s, median  spread      p50      p99  /request  /request  the first");
        double most = results.stream().mapToDouble(Result::median).max().orElse(1);
        results.forEach(result -> lines.add(line(result, results.getFirst(), most)));
        return lines;
    }

    private static String line(Result result, Result first, double most) {
        String line = String.format(
                Locale.ROOT,
                "%-22s %5d  %10.0f  %5.0f%% %8.1f %8.1f  %8.1f  %8.3f  %9s  %s",
                result.name(),
                result.depth(),
                result.median(),
                result.spread() * PERCENT,
                result.latencyMicros(50),
                result.latencyMicros(99),
                result.processorMicrosPerRequest(),
                result.exitsPerRequest(),
                verdict(result, first),
                "#".repeat((int) Math.round(result.median() / most * LONGEST_BAR)));
        return line.stripTrailing();
    }

    /** What the rounds scatter over is no difference. */
    static String verdict(Result result, Result first) {
        if (result == first) {
            return "";
        }
        return result.differsFrom(first)
                ? String.format(Locale.ROOT, "%.1f x", result.median() / first.median())
                : "the same";
    }
}
