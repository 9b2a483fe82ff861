// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.queue.ModelledQueue.Operation;
import dev.paravirt.queue.traffic.QueuePair;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Histories and hostile peers that jqwik makes up, and makes short when one fails. */
class QueueProperties {
    private static VirtqueueFormat format(int number) {
        return QueuePair.formats().get(number);
    }

    /** Any history of a queue of up to 64 descriptors. An operation's number also picks its variant. */
    @Property(tries = 2000)
    void anyHistoryIsThatOfTheModel(
            @ForAll @IntRange(max = 31) int formatNumber,
            @ForAll @IntRange(min = 1, max = 64) int sizeSeed,
            @ForAll @IntRange(max = 8) int tables,
            @ForAll @Size(max = 400) List<@IntRange(max = 12_000) Integer> history) {
        VirtqueueFormat format = format(formatNumber);
        int size = format.packed() ? sizeSeed : Integer.highestOneBit(sizeSeed);
        int indirectCapacity = format.indirect() ? Math.min(size, tables) : 0;
        try (ModelledQueue queue = new ModelledQueue(format, size, indirectCapacity)) {
            for (int number : history) {
                queue.step(Operation.of(number % Operation.COUNT), number / Operation.COUNT);
            }
            queue.drain();
        }
    }

    @Property(tries = 5000)
    void aHostileDriverIsFoundOutOrHarmless(@ForAll @Size(min = 4, max = 200) byte[] script) {
        HostileDriver.play(script);
    }

    @Property(tries = 5000)
    void aHostileDeviceIsFoundOutOrHarmless(@ForAll @Size(min = 4, max = 200) byte[] script) {
        HostileDevice.play(script);
    }
}
