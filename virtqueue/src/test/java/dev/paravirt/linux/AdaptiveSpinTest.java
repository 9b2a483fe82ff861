// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

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
        assertThat(spin.nanos()).isEqualTo(grown);
    }

    @Test
    void shrinksToNothingWhileWaitsAreLong() {
        for (int wait = 0; wait < 10; wait++) {
            spin.waited(1_000_000);
        }
        assertThat(spin.nanos()).isZero();
        spin.waited(10_000);
        assertThat(spin.nanos()).as("it can grow again").isPositive();
    }

    @Test
    void neverExceedsItsLimit() {
        for (int wait = 0; wait < 100; wait++) {
            spin.waited(50_000);
        }
        assertThat(spin.nanos()).isEqualTo(50_000);
        assertThat(new AdaptiveSpin(0).nanos()).isZero();
    }
}
