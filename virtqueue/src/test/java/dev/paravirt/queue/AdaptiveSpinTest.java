// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdaptiveSpinTest {
    private final AdaptiveSpin spin = new AdaptiveSpin(50_000);

    @Test
    void growsWhileALongerSpinWouldHavePaid() {
        for (int wait = 0; wait < 10; wait++) {
            spin.waited(30_000);
        }
        assertThat(spin.nanos()).isBetween(30_000L, 50_000L);
        long grown = spin.nanos();
        spin.waited(200);
        assertThat(spin.nanos()).isGreaterThanOrEqualTo(grown);
    }

    @Test
    void stopsWhileWaitsAreLong() {
        for (int wait = 0; wait < 10; wait++) {
            spin.waited(1_000_000);
        }
        assertThat(spin.nanos()).isZero();
        for (int wait = 0; wait < 8; wait++) {
            assertThat(spin.nanos()).isZero();
            spin.waited(10_000);
        }
        assertThat(spin.nanos()).as("it can grow again").isPositive();
    }

    @Test
    void givesUpWhereSpinningItselfIsWhatDelays() {
        // As on a machine with one processor free: who sleeps waits 10 us, who spins waits for longer than that.
        int waits = 10_000;
        int spun = 0;
        for (int wait = 0; wait < waits; wait++) {
            spun += spin.nanos() > 0 ? 1 : 0;
            spin.waited(spin.nanos() + 10_000);
        }
        assertThat(spun).as("trials").isBetween(1, waits / 50);
    }

    @Test
    void comesBackAtOnceWhenItPaysAgain() {
        for (int wait = 0; wait < 10_000; wait++) {
            spin.waited(spin.nanos() + 10_000);
        }
        int waits = 0;
        while (spin.nanos() == 0) {
            spin.waited(8_000);
            assertThat(++waits).isLessThanOrEqualTo(1024);
        }
        for (int wait = 0; wait < 100; wait++) {
            spin.waited(6_000);
        }
        assertThat(spin.nanos()).isEqualTo(50_000);
    }

    @Test
    void neverExceedsItsLimit() {
        for (int wait = 0; wait < 100; wait++) {
            spin.waited(40_000);
            assertThat(spin.nanos()).isLessThanOrEqualTo(50_000);
        }
        AdaptiveSpin never = new AdaptiveSpin(0);
        never.waited(0);
        assertThat(never.nanos()).isZero();
    }
}
