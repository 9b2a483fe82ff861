// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.queue.traffic.Dice;
import java.util.HexFormat;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random hostile peers, many thousand of them. */
@Timeout(3600)
class HostileScriptTest {
    private static final int SCRIPTS = Boolean.getBoolean("paravirt.thorough") ? 20_000_000 : 50_000;

    private static long play(ToIntFunction<byte[]> peer, long seed) {
        Dice dice = new Dice(seed);
        long successes = 0;
        for (int i = 0; i < SCRIPTS; i++) {
            byte[] script = new byte[dice.between(4, 300)];
            for (int at = 0; at < script.length; at++) {
                script[at] = (byte) dice.nextLong();
            }
            try {
                successes += peer.applyAsInt(script);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("script " + HexFormat.of().formatHex(script), e);
            }
        }
        return successes;
    }

    @Test
    void driversThatBreakRules() {
        assertThat(play(HostileDriver::play, 1)).as("requests that were fine").isGreaterThan(SCRIPTS / 20);
    }

    @Test
    void devicesThatBreakRules() {
        assertThat(play(HostileDevice::play, 2)).as("requests that were fine").isGreaterThan(SCRIPTS / 20);
    }
}
