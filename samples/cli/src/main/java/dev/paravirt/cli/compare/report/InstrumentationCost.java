// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.workload.Workload;
import java.util.stream.IntStream;

/**
 * What counting and timing takes from what is counted and timed: the same contender twice in each round.
 *
 * @param with instrumentation
 * @param without any
 */
public record InstrumentationCost(Workload workload, Result with, Result without) {
    /** Of the rounds, the one in the middle; as a part of what there is without. Negative if it seems to help. */
    public double median() {
        return quantile(0.5);
    }

    /** A quarter of the rounds show less. */
    public double lowerQuartile() {
        return quantile(0.25);
    }

    /** A quarter of the rounds show more. */
    public double upperQuartile() {
        return quantile(0.75);
    }

    private double quantile(double part) {
        double[] costs = each();
        return costs.length == 0 ? Double.NaN : costs[(int) Math.round(part * (costs.length - 1))];
    }

    /** Of each round, in ascending order. */
    double[] each() {
        return IntStream.range(0, with.rounds().size())
                .mapToDouble(round -> 1
                        - with.rounds().get(round).rate()
                                / without.rounds().get(round).rate())
                .sorted()
                .toArray();
    }
}
