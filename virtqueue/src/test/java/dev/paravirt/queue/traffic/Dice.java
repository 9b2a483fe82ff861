// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

/** Random numbers that a seed repeats, without allocation. */
public final class Dice {
    private long state;

    public Dice(long seed) {
        state = seed;
    }

    public long nextLong() {
        state += 0x9e3779b97f4a7c15L;
        return Pattern.mix(state);
    }

    /** 0 to {@code bound - 1}. */
    public int below(int bound) {
        return (int) Math.floorMod(nextLong(), (long) bound);
    }

    /** {@code low} to {@code high}, both included. */
    public int between(int low, int high) {
        return low + below(high - low + 1);
    }

    /** True once in {@code sides} throws. */
    public boolean once(int sides) {
        return below(sides) == 0;
    }
}
