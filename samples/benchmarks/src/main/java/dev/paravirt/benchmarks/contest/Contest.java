// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.contest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Has contenders work in turn, so that all see the same moods of the machine, and says how fast they were. */
public final class Contest {
    private final ContestOptions options;
    private final String conditions;
    private final String unit;
    private final List<Contender> contenders;

    /**
     * One that has not begun.
     *
     * @param conditions what holds for all of them
     * @param unit of their rates
     */
    public Contest(ContestOptions options, String conditions, String unit, List<Contender> contenders) {
        this.options = options;
        this.conditions = conditions;
        this.unit = unit;
        this.contenders = List.copyOf(contenders);
    }

    /** Measures all, prints a table, and writes the file that was asked for. */
    public void run() throws IOException, InterruptedException {
        int rounds = options.rounds();
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < contenders.size(); turn++) {
                // Another one begins each round, lest one always runs behind the same neighbour.
                Contender contender = contenders.get((turn + round) % contenders.size());
                contender.measure();
                System.err.printf(
                        Locale.ROOT,
                        "round %d of %d: %s, %s: %.2f%n",
                        round + 1,
                        rounds,
                        contender.work(),
                        contender.name(),
                        contender.rates().getLast());
            }
        }
        System.out.print(table());
        Path file = options.json();
        if (file != null) {
            Files.writeString(file, new ContestJson(options.commit(), conditions, unit).of(contenders));
        }
    }

    private String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "commit %s, Java %s, %d rounds, %s; %s%n",
                options.commit(),
                Runtime.version(),
                options.rounds(),
                conditions,
                unit));
        String names = "%-" + width(Contender::work) + "s  %-" + width(Contender::name) + "s";
        table.append(String.format(
                Locale.ROOT, names + " %8s %8s %8s %8s  %s%n", "", "", "median", "min", "max", "spread", "against"));
        for (Contender contender : contenders) {
            table.append(String.format(
                    Locale.ROOT,
                    names + " %8.2f %8.2f %8.2f %7.1f%%  %s%n",
                    contender.work(),
                    contender.name(),
                    contender.median(),
                    contender.quantile(0),
                    contender.quantile(1),
                    100 * (contender.quantile(0.75) - contender.quantile(0.25)) / contender.median(),
                    against(contender)));
        }
        return table.append("spread: interquartile range, of the median; against: median of the ratios in each round")
                .append(System.lineSeparator())
                .toString();
    }

    private int width(Function<Contender, String> column) {
        return contenders.stream().map(column).mapToInt(String::length).max().orElse(1);
    }

    private static String against(Contender contender) {
        List<String> ratios = contender.references().stream()
                .map(other -> String.format(Locale.ROOT, "%.2f x %s", contender.times(other), other.name()))
                .toList();
        return String.join(", ", ratios);
    }
}
