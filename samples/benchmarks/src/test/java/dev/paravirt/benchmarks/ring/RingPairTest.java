// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured works: every buffer comes back, however the sides wait for each other. */
@Timeout(60)
class RingPairTest {
    private static final int BUFFERS = 20_000;

    @ParameterizedTest(name = "packed {0}, in order {1}, batch {2}")
    @CsvSource({"false, false, 1", "false, true, 32", "true, false, 1", "true, true, 32"})
    void eachBufferComesBackWhenBothSidesSleep(boolean packed, boolean inOrder, int batch) throws Exception {
        RingShape shape = new RingShape(RingShape.format(packed, inOrder), 256, Integer.MAX_VALUE, batch, true, false);
        try (RingPair pair = new RingPair(shape, 0)) {
            pass(pair);
            assertThat(pair.kicks()).isPositive();
            assertThat(pair.calls()).isPositive();
        }
    }

    @ParameterizedTest(name = "packed {0}")
    @CsvSource({"false", "true"})
    void hardlyAnybodyIsNotifiedWhenBothSidesSpin(boolean packed) throws Exception {
        // Few at a time: on a machine with one processor free, spinning sides wait for a time slice each.
        RingShape shape = new RingShape(RingShape.format(packed, false), 256, Integer.MAX_VALUE, 256, false, true);
        try (RingPair pair = new RingPair(shape, 0)) {
            pass(pair);
            // A split ring's event index cannot say never: it lies in the past, and comes round again with the index.
            assertThat(pair.calls()).isLessThanOrEqualTo(1);
            assertThat(pair.kicks()).as("with the one that ends the device").isLessThanOrEqualTo(2);
        }
    }

    private static void pass(RingPair pair) throws InterruptedException {
        Thread device = Thread.ofPlatform().daemon().start(pair.device()::run);
        pair.driver().run(BUFFERS);
        pair.device().stop();
        device.join();
    }
}
