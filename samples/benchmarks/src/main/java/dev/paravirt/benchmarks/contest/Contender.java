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
        List<Double> sorted = rates.stream().sorted().toList();
        double position = fraction * (sorted.size() - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.size() - 1);
        return sorted.get(below) + (position - below) * (sorted.get(above) - sorted.get(below));
    }

    double median() {
        return quantile(0.5);
    }

    double times(Contender other) {
        return median() / other.median();
    }
}
