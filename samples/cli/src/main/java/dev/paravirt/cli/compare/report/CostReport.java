// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What instrumentation costs, as lines for a terminal. */
public final class CostReport {
    private static final int PERCENT = 100;

    private CostReport() {}

    /** @param costs at least one */
    public static List<String> lines(Surroundings surroundings, String carrier, List<InstrumentationCost> costs) {
        List<String> lines = new ArrayList<>();
        lines.add(surroundings.line());
        lines.add(String.format(
                Locale.ROOT,
                "what counting exits and timing requests costs, %d pairs of turns each (carrier: %s)",
                costs.getFirst().with().rounds().size(),
                carrier));
        lines.add("without: guests count no exits and time no requests; what hypervisors count at each register, two"
                + " additions an exit, is in both");
        lines.add("");
        lines.add("                                             requests/s, median             cost");
        lines.add(String.format(
                Locale.ROOT,
                "%-20s %-22s %5s %10s %10s %7s   %s",
                "workload",
                "contender",
                "depth",
                "with",
                "without",
                "median",
                "half of the pairs"));
        costs.forEach(cost -> lines.add(line(cost)));
        double[] all = costs.stream()
                .flatMapToDouble(cost -> Arrays.stream(cost.each()))
                .sorted()
                .toArray();
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "the median of all %d pairs: %.2f%%",
                all.length,
                all.length == 0 ? Double.NaN : all[all.length / 2] * PERCENT));
        return lines;
    }

    private static String line(InstrumentationCost cost) {
        return String.format(
                Locale.ROOT,
                "%-20s %-22s %5d %10.0f %10.0f %6.1f%%   %.1f%% to %.1f%%",
                cost.workload().name(),
                cost.with().name(),
                cost.with().depth(),
                cost.with().median(),
                cost.without().median(),
                cost.median() * PERCENT,
                cost.lowerQuartile() * PERCENT,
                cost.upperQuartile() * PERCENT);
    }
}
