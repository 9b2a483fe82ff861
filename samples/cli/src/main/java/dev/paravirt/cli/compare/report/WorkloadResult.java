// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.workload.Workload;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What was measured of one workload.
 *
 * @param results of the contenders in order, at least one; the others are compared with the first
 */
public record WorkloadResult(Workload workload, List<Result> results) {
    private static final double MEGA = 1e6;

    public WorkloadResult {
        results = List.copyOf(results);
    }

    /** What the others are compared with: the trapped device as hardware has it. */
    public Result first() {
        return results.getFirst();
    }

    public Optional<Result> find(String contender, int depth) {
        return results.stream()
                .filter(result -> result.name().equals(contender) && result.depth() == depth)
                .findFirst();
    }

    /** Payload in 10^6 bytes a second, in the round in the middle. */
    public double megabytesPerSecond(Result result) {
        return result.median() * workload.bytes() / MEGA;
    }

    /** A result against the first in words: how many times as fast, or that the spread covers the difference. */
    public String verdict(Result result) {
        return result == first() ? "" : verdict(result, first());
    }

    /** What the rounds scatter over is no difference. */
    static String verdict(Result result, Result other) {
        return result.differsFrom(other)
                ? String.format(Locale.ROOT, "%.1f x", result.median() / other.median())
                : "the same";
    }
}
