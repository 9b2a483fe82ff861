// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.compare.carrier.RegisterExits;
import dev.paravirt.cli.compare.workload.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a comparison came to.
 *
 * @param carrier the name of what carries exits, such as "process"
 * @param carrierMeaning what that is, for a reader who does not know
 * @param turnNanos how long each contender worked in a round
 * @param workloads in the order in which they were measured
 * @param startUps of the drivers
 * @param exitsOfGuests what each guest counted, from its start to its end
 * @param exits what the hypervisors counted, for those machines that have trapped registers
 */
public record Report(
        Surroundings surroundings,
        String carrier,
        String carrierMeaning,
        long turnNanos,
        List<WorkloadResult> workloads,
        List<StartUp> startUps,
        Map<MachineKind, Long> exitsOfGuests,
        List<RegisterExits> exits) {
    private static final double NANOS_PER_MILLI = 1e6;

    /** Rounds that count. */
    public int rounds() {
        return workloads.getFirst().first().rounds().size();
    }

    public Optional<WorkloadResult> workload(String name) {
        return workloads.stream()
                .filter(result -> result.workload().name().equals(name))
                .findFirst();
    }

    /** What an exit costs, kind by kind; empty if that was not measured. */
    public List<ExitCost> exitCosts() {
        return workloads.stream()
                .filter(result -> result.workload().family() == Family.EXIT)
                .flatMap(result -> result.results().stream())
                .map(ExitCost::of)
                .toList();
    }

    /** The parts of the gain in order, each from where the one before ended; empty if those were not measured. */
    public List<GainStep> gain() {
        return Gain.of(this);
    }

    /** What was measured, where and how: lines for people. */
    public List<String> heading() {
        List<String> lines = new ArrayList<>();
        lines.add(surroundings.line());
        lines.add(String.format(
                Locale.ROOT,
                "carrier %s: %s; %d rounds, turns of %.0f ms",
                carrier,
                carrierMeaning,
                rounds(),
                turnNanos / NANOS_PER_MILLI));
        if (surroundings.isBusy()) {
            lines.add(
                    "the machine was busy before this began: who waits for the other side loses its processor, so exits"
                            + " cost more than on a quiet one, and what has many of them looks worse");
        }
        int rarest = workloads.stream()
                .flatMap(measured -> measured.results().stream())
                .mapToInt(Result::sampledEvery)
                .max()
                .orElse(0);
        if (rarest > 1) {
            lines.add("latencies: of all requests that take longer than " + Latencies.NANOS_BETWEEN_SAMPLES / 1000
                    + " us each; of faster ones a sample, one in " + rarest + " of the fastest");
        }
        return lines;
    }
}
