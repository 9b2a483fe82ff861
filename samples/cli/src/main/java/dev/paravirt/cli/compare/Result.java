// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/** What one contender did in all rounds. */
final class Result {
    private static final double NANOS_PER_MICRO = 1e3;

    /** With fewer rounds, no difference between two contenders is believed. */
    private static final int ENOUGH = 3;

    private final String name;
    private final int depth;
    private final List<Round> rounds = new ArrayList<>();
    private final Histogram latencies = Turn.histogram();

    Result(String name, int depth) {
        this.name = name;
        this.depth = depth;
    }

    void add(Round round, Histogram itsLatencies) {
        rounds.add(round);
        latencies.add(itsLatencies);
    }

    String name() {
        return name;
    }

    int depth() {
        return depth;
    }

    List<Round> rounds() {
        return List.copyOf(rounds);
    }

    /** Requests a second in the round in the middle; without rounds not a number, as are all the others then. */
    double median() {
        double[] rates = rates();
        if (rates.length == 0) {
            return Double.NaN;
        }
        int middle = rates.length / 2;
        return rates.length % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
    }

    double slowest() {
        double[] rates = rates();
        return rates.length == 0 ? Double.NaN : rates[0];
    }

    double fastest() {
        double[] rates = rates();
        return rates.length == 0 ? Double.NaN : rates[rates.length - 1];
    }

    private double[] rates() {
        return rounds.stream().mapToDouble(Round::rate).sorted().toArray();
    }

    /** From the slowest round to the fastest, as a part of the median. */
    double spread() {
        return (fastest() - slowest()) / median();
    }

    long requests() {
        return total(Round::requests);
    }

    long exits() {
        return total(Round::exits);
    }

    long nanos() {
        return total(Round::nanos);
    }

    private long total(ToLongFunction<Round> part) {
        return rounds.stream().mapToLong(part).sum();
    }

    double exitsPerRequest() {
        return exits() / (double) requests();
    }

    double processorMicrosPerRequest() {
        return total(Round::processorNanos) / NANOS_PER_MICRO / requests();
    }

    /** Microseconds within which so many of a hundred requests were complete. */
    double latencyMicros(double percentile) {
        return requests() == 0 ? Double.NaN : latencies.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }

    /** Whether every round of one was faster than every round of the other. */
    boolean differsFrom(Result other) {
        boolean isEnough = rounds.size() >= ENOUGH && other.rounds.size() >= ENOUGH;
        return isEnough && (slowest() > other.fastest() || fastest() < other.slowest());
    }
}
