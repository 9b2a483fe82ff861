// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** How latencies are kept. */
public final class Latencies {
    /** Nanoseconds; what took longer is kept as this. */
    public static final long LONGEST = TimeUnit.MINUTES.toNanos(1);

    /**
     * Requests that come faster than this are not all timed. To time one costs up to half a microsecond where another
     * processor has written to memory just before: reading the clock waits for all loads that are under way.
     */
    public static final long NANOS_BETWEEN_SAMPLES = 64_000;

    private static final int DIGITS = 3;

    private Latencies() {}

    /** For latencies in nanoseconds, to three digits. */
    public static Histogram histogram() {
        return new Histogram(LONGEST, DIGITS);
    }
}
