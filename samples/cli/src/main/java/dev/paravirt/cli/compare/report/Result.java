// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.carrier.MachineKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** What one contender did in all rounds. Without rounds, every figure is not a number. */
public final class Result {
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double NANOS_PER_SECOND = 1e9;

    /** With fewer rounds, no difference between two contenders is believed. */
    private static final int ENOUGH = 3;

    private final String name;
    private final MachineKind machine;
    private final int depth;
    private final List<Round> rounds = new ArrayList<>();
    private final Histogram latencies = Latencies.histogram();
    private int sampledEvery;
    private long samples;

    public Result(String name, MachineKind machine, int depth) {
        this.name = name;
        this.machine = machine;
        this.depth = depth;
    }

    /**
     * Adds a round.
     *
     * @param timed latencies that were measured, in nanoseconds
     * @param every how many requests there are for one that is timed, each of which stands for as many
     */
    public void add(Round round, Histogram timed, int every) {
        rounds.add(round);
        samples += timed.getTotalCount();
        sampledEvery = Math.max(sampledEvery, every);
        for (HistogramIterationValue value : timed.recordedValues()) {
            latencies.recordValueWithCount(
                    Math.min(value.getValueIteratedTo(), Latencies.LONGEST), value.getCountAtValueIteratedTo() * every);
        }
    }

    /** The contender's. */
    public String name() {
        return name;
    }

    public MachineKind machine() {
        return machine;
    }

    /** Requests that were under way at once. */
    public int depth() {
        return depth;
    }

    public List<Round> rounds() {
        return List.copyOf(rounds);
    }

    /** Requests a second in the round in the middle. */
    public double median() {
        double[] rates = rates();
        if (rates.length == 0) {
            return Double.NaN;
        }
        int middle = rates.length / 2;
        return rates.length % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
    }

    public double slowest() {
        double[] rates = rates();
        return rates.length == 0 ? Double.NaN : rates[0];
    }

    public double fastest() {
        double[] rates = rates();
        return rates.length == 0 ? Double.NaN : rates[rates.length - 1];
    }

    private double[] rates() {
        return rounds.stream().mapToDouble(Round::rate).sorted().toArray();
    }

    /** From the slowest round to the fastest, as a part of the median. */
    public double spread() {
        return (fastest() - slowest()) / median();
    }

    /** The time that a request takes of the whole, others being under way beside it: the reciprocal of the median. */
    public double nanosPerRequest() {
        return NANOS_PER_SECOND / median();
    }

    public long requests() {
        return total(Round::requests);
    }

    public long exits() {
        return total(Round::exits);
    }

    public long nanos() {
        return total(Round::nanos);
    }

    private long total(ToLongFunction<Round> part) {
        return rounds.stream().mapToLong(part).sum();
    }

    public double exitsPerRequest() {
        return exits() / (double) requests();
    }

    /** Of guest and hypervisor together. */
    public double processorMicrosPerRequest() {
        return total(Round::processorNanos) / NANOS_PER_MICRO / requests();
    }

    /** The most requests for one whose latency was measured; 0 if that was none. */
    public int sampledEvery() {
        return sampledEvery;
    }

    /** Requests whose latency was measured: all or a sample of them, or none where latency has no meaning. */
    public long latencySamples() {
        return samples;
    }

    /** Microseconds within which so many of a hundred requests were complete. */
    public double latencyMicros(double percentile) {
        return samples == 0 ? Double.NaN : latencies.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }

    /** Whether every round of one was faster than every round of the other. */
    public boolean differsFrom(Result other) {
        boolean isEnough = rounds.size() >= ENOUGH && other.rounds.size() >= ENOUGH;
        return isEnough && (slowest() > other.fastest() || fastest() < other.slowest());
    }
}
