// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.Arrays;

/** What one contender did in all rounds. */
public final class Result {
    private static final double NANOS_PER_SECOND = 1e9;

    private final String name;
    private final int depth;
    private final double[] rates;
    private int rounds;
    private long requests;
    private long exits;

    Result(String name, int depth, int rounds) {
        this.name = name;
        this.depth = depth;
        this.rates = new double[rounds];
    }

    void add(long completed, long left, long nanos) {
        rates[rounds++] = completed * NANOS_PER_SECOND / nanos;
        requests += completed;
        exits += left;
    }

    String name() {
        return name;
    }

    int depth() {
        return depth;
    }

    /** Requests a second in the round in the middle. */
    double median() {
        double[] sorted = sorted();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double slowest() {
        return sorted()[0];
    }

    double fastest() {
        return sorted()[rounds - 1];
    }

    private double[] sorted() {
        double[] sorted = Arrays.copyOf(rates, rounds);
        Arrays.sort(sorted);
        return sorted;
    }

    double exitsPerRequest() {
        return exits / (double) Math.max(1, requests);
    }

    /** Whether every round of one was faster than every round of the other. */
    boolean differsFrom(Result other) {
        return slowest() > other.fastest() || fastest() < other.slowest();
    }
}
