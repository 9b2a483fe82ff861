// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results as lines of text. */
public final class ResultTable {
    private static final int LONGEST_BAR = 24;

    private ResultTable() {}

    /** @param results the first of which the others are compared with */
    public static List<String> lines(List<Result> results) {
        List<String> lines = new ArrayList<>();
        lines.add("                              requests a second        exits");
        lines.add("contender              depth    median   slowest   fastest  /request  against the first");
        Result first = results.getFirst();
        double most = results.stream().mapToDouble(Result::median).max().orElse(1);
        for (Result result : results) {
            String line = String.format(
                    Locale.ROOT,
                    "%-22s %5d %9.0f %9.0f %9.0f %9.3f  %8s  %s",
                    result.name(),
                    result.depth(),
                    result.median(),
                    result.slowest(),
                    result.fastest(),
                    result.exitsPerRequest(),
                    ratio(result, first),
                    "#".repeat((int) Math.round(result.median() / most * LONGEST_BAR)));
            lines.add(line.stripTrailing());
        }
        return lines;
    }

    private static String ratio(Result result, Result first) {
        if (result == first) {
            return "";
        }
        // What the rounds scatter over is no difference.
        return result.differsFrom(first)
                ? String.format(Locale.ROOT, "%.1f x", result.median() / first.median())
                : "the same";
    }
}
