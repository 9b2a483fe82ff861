// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** One number for each {@link Counter}. */
public final class Counters {
    private final long[] values = new long[Counter.values().length];

    void count(Counter counter) {
        values[counter.ordinal()]++;
    }

    public long get(Counter counter) {
        return values[counter.ordinal()];
    }
}
