// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import java.util.BitSet;

/** A frame's hash chooses the queue, by way of a table (VIRTIO 1.4, "Receive-side scaling (RSS)"). Immutable. */
final class ReceiveSideScaling extends ReceiveSteering {
    private final PacketHash hash;
    private final int[] table;
    private final int unclassified;
    private final BitSet used = new BitSet();

    /**
     * @param table pairs by the lower bits of the hash; its length is a power of two
     * @param unclassified the pair for frames that have no hash
     */
    ReceiveSideScaling(PacketHash hash, int[] table, int unclassified) {
        this.hash = hash;
        this.table = table.clone();
        this.unclassified = unclassified;
        for (int pair : table) {
            used.set(pair);
        }
        used.set(unclassified);
    }

    @Override
    int pair(ByteBuf frame, int start, int length) {
        long result = hash.of(frame, start, length);
        return result == 0 ? unclassified : table[PacketHash.value(result) & (table.length - 1)];
    }

    @Override
    boolean uses(int pair) {
        return used.get(pair);
    }
}
