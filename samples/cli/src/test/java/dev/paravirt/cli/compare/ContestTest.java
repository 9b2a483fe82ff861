// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** All the machines, in processes of their own. */
class ContestTest {
    private static final int WORDS_OF_A_BLOCK = 2048;
    private static final Pattern TOTAL = Pattern.compile("\"requests\": (\\d+),\\s+\"exits\": (\\d+)");

    @Test
    void everyFigureCanBeTraced() throws Exception {
        Report report;
        try (Contest contest = new Contest()) {
            report = contest.run(3, TimeUnit.MILLISECONDS.toNanos(20), () -> false, done -> {});
        }
        assertThat(report.rounds()).isEqualTo(3);
        for (MachineKind kind : List.of(MachineKind.TRAPPED, MachineKind.MMIO)) {
            long atRegisters = report.exits().stream()
                    .filter(exits -> exits.machine() == kind)
                    .mapToLong(exits -> exits.count().exits())
                    .sum();
            assertThat(atRegisters)
                    .as("exits of %s: what the hypervisor counted is what its guest counted", kind)
                    .isEqualTo(report.exitsOfGuests().get(kind));
        }
        Result words = report.results().getFirst();
        assertThat(words.exits())
                .as("a word each, and the command: the same for every block")
                .isGreaterThan(words.requests() * WORDS_OF_A_BLOCK)
                .isLessThan(words.requests() * (WORDS_OF_A_BLOCK + 16));
        assertThat(words.exits() % words.requests()).isZero();
        totalsAgree(report);
        assertThat(report.csv().lines()).hasSize(1 + 3 * report.results().size());
        assertThat(report.html())
                .containsOnlyOnce("<!DOCTYPE html>")
                .contains("divided by its 2,055 exits", "aria-label=\"Exits per request\"")
                .doesNotContain("http");
        assertThat(report.lines()).anyMatch(line -> line.startsWith("hypercall, polling        32 "));
    }

    /** In the JSON, each contender's totals and then its rounds. */
    private static void totalsAgree(Report report) {
        Matcher numbers = TOTAL.matcher(report.json());
        for (Result result : report.results()) {
            assertThat(numbers.find()).isTrue();
            long requests = Long.parseLong(numbers.group(1));
            long exits = Long.parseLong(numbers.group(2));
            assertThat(requests).isEqualTo(result.requests());
            for (int round = 0; round < report.rounds(); round++) {
                assertThat(numbers.find()).isTrue();
                requests -= Long.parseLong(numbers.group(1));
                exits -= Long.parseLong(numbers.group(2));
            }
            assertThat(requests).as(result.name()).isZero();
            assertThat(exits).as(result.name()).isZero();
        }
    }
}
