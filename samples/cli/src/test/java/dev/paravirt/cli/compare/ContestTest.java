// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.compare.carrier.Carrier;
import dev.paravirt.cli.compare.carrier.Carriers;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.compare.page.HtmlPage;
import dev.paravirt.cli.compare.report.CsvReport;
import dev.paravirt.cli.compare.report.JsonReport;
import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.StartUp;
import dev.paravirt.cli.compare.report.TextReport;
import dev.paravirt.cli.compare.report.WorkloadResult;
import dev.paravirt.cli.compare.workload.Workloads;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All workloads, by all contenders, with each carrier. */
class ContestTest {
    private static final int ROUNDS = 3;
    private static final int WORDS_OF_A_BLOCK = 2048;
    private static final Pattern TOTAL = Pattern.compile("\"requests\": (\\d+),\\s+\"exits\": (\\d+)");

    static List<String> carriers() {
        return Carriers.all().stream().map(Carrier::name).toList();
    }

    @ParameterizedTest
    @MethodSource("carriers")
    void everyFigureCanBeTraced(String name) throws Exception {
        Carrier carrier = Carriers.find(name).orElseThrow();
        Report report;
        try (Contest contest = new Contest(carrier, Workloads.all())) {
            report = contest.run(ROUNDS, TimeUnit.MILLISECONDS.toNanos(3), () -> false, (round, turns) -> {});
        }
        assertThat(report.rounds()).isEqualTo(ROUNDS);
        assertThat(report.workloads()).extracting(WorkloadResult::workload).isEqualTo(Workloads.all());
        registersAgree(report);
        blocksByWords(report.workload("block-random-4k").orElseThrow().first());
        for (WorkloadResult measured : report.workloads()) {
            for (Result result : measured.results()) {
                assertThat(result.requests())
                        .as("%s: %s", measured.workload().name(), result.name())
                        .isPositive();
                if (!measured.workload().hasLatency()) {
                    assertThat(result.latencySamples()).isZero();
                } else if (result.requests() >= (long) ROUNDS * result.sampledEvery()) {
                    assertThat(result.latencyMicros(50))
                            .as("%s: %s", measured.workload().name(), result.name())
                            .isPositive();
                }
            }
        }
        totalsAgree(report);
        int contenders = results(report).size();
        assertThat(CsvReport.of(report).lines()).hasSize(1 + ROUNDS * contenders);
        namesItsCarrier(report, carrier);
        configuringTakesFewer(report);
    }

    private static List<Result> results(Report report) {
        return report.workloads().stream()
                .flatMap(measured -> measured.results().stream())
                .toList();
    }

    /** What the hypervisor counted is what its guest counted. */
    private static void registersAgree(Report report) {
        for (MachineKind kind : List.of(MachineKind.TRAPPED, MachineKind.MMIO)) {
            long atRegisters = report.exits().stream()
                    .filter(exits -> exits.machine() == kind)
                    .mapToLong(exits -> exits.count().exits())
                    .sum();
            assertThat(atRegisters)
                    .as("exits of %s", kind)
                    .isEqualTo(report.exitsOfGuests().get(kind));
        }
    }

    /** A word each, and the command: the same for every block. */
    private static void blocksByWords(Result words) {
        assertThat(words.exits())
                .isGreaterThan(words.requests() * WORDS_OF_A_BLOCK)
                .isLessThan(words.requests() * (WORDS_OF_A_BLOCK + 16));
        assertThat(words.exits() % words.requests()).isZero();
    }

    /** In the JSON, each contender's totals and then its rounds. */
    private static void totalsAgree(Report report) {
        Matcher numbers = TOTAL.matcher(JsonReport.of(report));
        for (Result result : results(report)) {
            assertThat(numbers.find()).isTrue();
            long requests = Long.parseLong(numbers.group(1));
            long exits = Long.parseLong(numbers.group(2));
            assertThat(requests).isEqualTo(result.requests());
            assertThat(exits).isEqualTo(result.exits());
            for (int round = 0; round < report.rounds(); round++) {
                assertThat(numbers.find()).isTrue();
                requests -= Long.parseLong(numbers.group(1));
                exits -= Long.parseLong(numbers.group(2));
            }
            assertThat(requests).as(result.name()).isZero();
            assertThat(exits).as(result.name()).isZero();
        }
    }

    private static void namesItsCarrier(Report report, Carrier carrier) {
        List<String> lines = TextReport.lines(report);
        long tables = lines.stream().filter(String::isEmpty).count();
        assertThat(tables).isEqualTo(Workloads.all().size() + 2);
        assertThat(lines)
                .filteredOn(line -> line.endsWith("(carrier: " + carrier.name() + ")"))
                .hasSize((int) tables);
        assertThat(JsonReport.of(report)).contains("\"carrier\": \"" + carrier.name() + "\"");
        assertThat(CsvReport.of(report).lines().skip(1)).allMatch(line -> line.startsWith(carrier.name() + ","));
        assertThat(HtmlPage.of(report))
                .containsOnlyOnce("<!DOCTYPE html>")
                .contains("carrier " + carrier.name() + ": ")
                .doesNotContain("http");
    }

    private static void configuringTakesFewer(Report report) {
        assertThat(report.startUps()).hasSize(9);
        for (StartUp startUp : report.startUps()) {
            long mmio = report.startUps().stream()
                    .filter(other -> other.machine() == MachineKind.MMIO
                            && other.device().equals(startUp.device()))
                    .findFirst()
                    .orElseThrow()
                    .exits();
            if (startUp.machine() == MachineKind.HYPERCALL) {
                assertThat(startUp.exits()).as(startUp.device()).isPositive().isLessThan(mmio);
            }
        }
    }
}
