// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.contest;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * All that is known of a contest, for programs.
 *
 * @param commit what was measured
 * @param conditions what holds for all contenders
 * @param unit of their rates
 */
record ContestJson(String commit, String conditions, String unit) {
    String of(List<Contender> contenders) throws IOException {
        return "{\n"
                + "  \"commit\": " + quoted(commit) + ",\n"
                + "  \"processor\": " + quoted(Processor.model()) + ",\n"
                + "  \"processors\": " + Runtime.getRuntime().availableProcessors() + ",\n"
                + "  \"java\": " + quoted(Runtime.version().toString()) + ",\n"
                + "  \"conditions\": " + quoted(conditions) + ",\n"
                + "  \"unit\": " + quoted(unit) + ",\n"
                + "  \"contenders\": ["
                + contenders.stream()
                        .map(contender -> "\n    {" + contender(contender) + "}")
                        .collect(Collectors.joining(","))
                + "\n  ]\n}\n";
    }

    private static String contender(Contender contender) {
        return "\"work\": " + quoted(contender.work())
                + ", \"name\": " + quoted(contender.name())
                + ", \"median\": " + number(contender.median())
                + ", \"lowerQuartile\": " + number(contender.quantile(0.25))
                + ", \"upperQuartile\": " + number(contender.quantile(0.75))
                + ", \"against\": {"
                + contender.references().stream()
                        .map(other -> quoted(other.name()) + ": " + number(contender.times(other)))
                        .collect(Collectors.joining(", "))
                + "}, \"rates\": ["
                + contender.rates().stream().map(ContestJson::number).collect(Collectors.joining(", "))
                + "]";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
