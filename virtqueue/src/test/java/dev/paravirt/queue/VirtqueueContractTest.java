// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.queue.traffic.Doorbells;
import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.queue.traffic.Traffic;
import dev.paravirt.queue.traffic.TrafficRun;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What holds for every format of a virtqueue: all requests arrive, whole and once, whatever their shape, and nobody sleeps
 * while there is work. A few seconds in the build; {@code -Dparavirt.thorough=true} (Maven profile {@code thorough})
 * makes it many minutes.
 */
@Timeout(3600)
class VirtqueueContractTest {
    private static final int MORE = Boolean.getBoolean("paravirt.thorough") ? 100 : 1;
    private static final int SLOT_BYTES = 3000;

    /** Laps of 16 bits in the run that is about them. */
    private static final int INDEX_LAPS = 2;

    static List<VirtqueueFormat> formats() {
        return QueuePair.formats();
    }

    static List<VirtqueueFormat> mainFormats() {
        return QueuePair.mainFormats();
    }

    private static int[] sizes(VirtqueueFormat format) {
        return format.packed() ? new int[] {1, 2, 3, 7, 100} : new int[] {1, 2, 4, 8, 128};
    }

    private static QueuePair pair(VirtqueueFormat format, int size, Traffic traffic) {
        return new QueuePair(
                format, size, format.indirect() ? Math.min(size, traffic.parts()) : 0, traffic.memorySize());
    }

    /** Chains of any shape, full and empty rings, both sides on one thread: repeatable to the bit. */
    @ParameterizedTest
    @MethodSource("formats")
    void everyRequestArrivesByTurns(VirtqueueFormat format) {
        for (int size : sizes(format)) {
            Traffic traffic = new Traffic(size, 3_000L * MORE, size + 3, SLOT_BYTES, Math.min(size, 9), 5);
            try (QueuePair pair = pair(format, size, traffic)) {
                new TrafficRun(pair, traffic, Math.min(size, 7)).byTurns();
            }
        }
    }

    /** Two threads that sleep for real: each wake-up goes through the scheduler. */
    @ParameterizedTest
    @MethodSource("formats")
    void everyRequestArrivesBetweenThreads(VirtqueueFormat format) throws InterruptedException {
        for (int size : sizes(format)) {
            Traffic traffic = new Traffic(size, 1_500L * MORE, size + 3, SLOT_BYTES, Math.min(size, 9), 20);
            try (QueuePair pair = pair(format, size, traffic)) {
                new TrafficRun(pair, traffic, Math.min(size, 20)).betweenThreads(new Doorbells(0));
            }
        }
    }

    /**
     * Short requests and threads that sleep after each few: as many chances as possible to lose a wake-up, and laps of
     * every 16-bit counter.
     */
    @ParameterizedTest
    @MethodSource("mainFormats")
    void noWakeUpIsLost(VirtqueueFormat format) throws InterruptedException {
        int size = format.packed() ? 5 : 4;
        Traffic traffic = new Traffic(7, 50_000L * MORE, size + 1, 40, 3, 2);
        try (QueuePair pair = pair(format, size, traffic)) {
            Doorbells doorbells = new Doorbells(2_000);
            new TrafficRun(pair, traffic, 2).betweenThreads(doorbells);
            assertThat(doorbells.sleeps())
                    .as("a run in which nobody sleeps shows nothing")
                    .isPositive();
        }
    }

    /** The 16-bit indices of a split ring and the wrap counters of a packed one, lap after lap, in big steps. */
    @ParameterizedTest
    @MethodSource("mainFormats")
    void countersWrap(VirtqueueFormat format) throws InterruptedException {
        int size = format.packed() ? 251 : 256;
        Traffic traffic = new Traffic(9, (long) INDEX_LAPS * 65536 * MORE, size + 1, 100, 4, 64);
        try (QueuePair pair = pair(format, size, traffic)) {
            new TrafficRun(pair, traffic, 100).betweenThreads(new Doorbells(2_000));
        }
    }
}
