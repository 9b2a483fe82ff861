// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

/** What one contender did in one round: counts, and wall clock and processor time in nanoseconds. */
public record Round(long requests, long exits, long nanos, long processorNanos) {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Requests a second. */
    public double rate() {
        return requests * NANOS_PER_SECOND / nanos;
    }
}
