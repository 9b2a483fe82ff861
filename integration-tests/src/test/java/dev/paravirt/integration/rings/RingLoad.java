// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.queue.traffic.Traffic;
import java.util.List;

/**
 * What one virtqueue goes through.
 *
 * @param splitSize descriptors of a split queue, a power of two
 * @param packedSize descriptors of a packed queue, which need be no power of two
 * @param pauseNanos how long the driver pauses at most before it does the next thing, 0 for never
 */
record RingLoad(int splitSize, int packedSize, long requests, int slotBytes, int parts, int batch, int pauseNanos) {
    private static final int MORE = Boolean.getBoolean("paravirt.thorough") ? 50 : 1;

    /** One for each queue of the device, by virtqueue index. */
    static final List<RingLoad> ALL = List.of(
            // Laps of every 16-bit counter, in steps of any size; the queue is full as often as not.
            new RingLoad(256, 251, 100_000L * MORE, 100, 4, 64, 0),
            // Both sides fall asleep after each request or two, and at each moment of the other's doing so: the longest
            // pause is longer than a side spins. Without the second look at the ring, which follows the request to be
            // woken, some of these runs end in a lost wake-up.
            new RingLoad(4, 5, 10_000L * MORE, 40, 3, 2, 65_000),
            // Long chains with long buffers.
            new RingLoad(32, 29, 1_500L * MORE, 3000, 9, 20, 0));

    int size(VirtqueueFormat format) {
        return format.packed() ? packedSize : splitSize;
    }

    /** One slot more than the queue can hold, to fill it. */
    Traffic traffic(VirtqueueFormat format, long seed) {
        return new Traffic(seed, requests, size(format) + 1, slotBytes, parts, batch);
    }

    static long requestsOfAll() {
        return ALL.stream().mapToLong(RingLoad::requests).sum();
    }
}
