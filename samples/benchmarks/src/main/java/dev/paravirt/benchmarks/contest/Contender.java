// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.contest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One of those that do the same work, and how fast it was round by round. */
public final class Contender {
    /** Does the work once. */
    @FunctionalInterface
    public interface Measurement {
        /** Returns how fast that was. */
        double rate() throws IOException, InterruptedException;
    }

    private final String work;
    private final String name;
    private final List<Contender> references;
    private final Measurement measurement;
    private final List<Double> rates = new ArrayList<>();

    /**
     * One that was not measured yet.
     *
     * @param work what it does, as all whom it is compared with do
     * @param references what it is compared with; none for those that are only compared with
     */
    public Contender(String work, String name, List<Contender> references, Measurement measurement) {
        this.work = work;
        this.name = name;
        this.references = List.copyOf(references);
        this.measurement = measurement;
    }

    /** Does the work once more. */
    void measure() throws IOException, InterruptedException {
        rates.add(measurement.rate());
    }

    String work() {
        return work;
    }

    String name() {
        return name;
    }

    List<Contender> references() {
        return references;
    }

    List<Double> rates() {
        return Collections.unmodifiableList(rates);
    }

    /** The rate that a part of the rounds stays within. */
    double quantile(double fraction) {
        return quantile(fraction, rates);
    }

    private static double quantile(double fraction, List<Double> numbers) {
        List<Double> sorted = numbers.stream().sorted().toList();
        double position = fraction * (sorted.size() - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.size() - 1);
        return sorted.get(below) + (position - below) * (sorted.get(above) - sorted.get(below));
    }

    double median() {
        return quantile(0.5);
    }

    /**
     * How many times as fast it was as another one: the median of what it was round by round. A machine's moods may last for
     * some rounds; a median of each by itself would compare the one's good with the other's bad ones.
     */
    double times(Contender other) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < Math.min(rates.size(), other.rates.size()); round++) {
            ratios.add(rates.get(round) / other.rates.get(round));
        }
        return quantile(0.5, ratios);
    }
}
