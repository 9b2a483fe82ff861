// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** One number for each {@link Counter}. */
public final class Counters {
    private final long[] values = new long[Counter.values().length];

    void count(Counter counter) {
        values[counter.ordinal()]++;
    }

    void count(Counter counter, long amount) {
        values[counter.ordinal()] += amount;
    }

    public long get(Counter counter) {
        return values[counter.ordinal()];
    }
}
