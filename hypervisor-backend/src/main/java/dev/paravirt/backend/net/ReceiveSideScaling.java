// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.net.NetHash;
import io.netty.buffer.ByteBuf;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.BitSet;

/** A frame's hash chooses the queue, by way of a table (VIRTIO 1.4, "Receive-side scaling (RSS)"). Immutable. */
final class ReceiveSideScaling extends ReceiveSteering {
    /** Instead of a number of pairs. */
    static final int SCALING = 0;

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
    void save(DataOutput state) throws IOException {
        state.writeInt(SCALING);
        hash.save(state);
        state.writeShort(unclassified);
        state.writeShort(table.length);
        for (int pair : table) {
            state.writeShort(pair);
        }
    }

    /** What {@link #save} wrote behind {@link #SCALING}. */
    static ReceiveSideScaling loadRest(DataInput state, int pairs) throws IOException {
        PacketHash hash = PacketHash.load(state);
        int unclassified = loadPair(state, pairs);
        int length = state.readUnsignedShort();
        if (Integer.bitCount(length) != 1 || length > NetHash.MIN_MAX_INDIRECTION_TABLE_LENGTH) {
            throw new IOException("a table for receive-side scaling cannot have " + length + " entries here");
        }
        int[] table = new int[length];
        for (int i = 0; i < length; i++) {
            table[i] = loadPair(state, pairs);
        }
        return new ReceiveSideScaling(hash, table, unclassified);
    }

    private static int loadPair(DataInput state, int pairs) throws IOException {
        int pair = state.readUnsignedShort();
        if (pair >= pairs) {
            throw new IOException("frames go to pair " + pair + " of " + pairs);
        }
        return pair;
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
