// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A flow's frames are received through the pair that last sent some (VIRTIO 1.4, "Automatic receive steering in
 * multiqueue mode"); those of other flows through one that follows from their addresses and ports. The flows are
 * remembered in a table of fixed size: two that share a place share a pair, which does them no harm.
 */
final class AutomaticSteering extends ReceiveSteering {
    private static final int FLOWS = 4096;
    private static final int UNKNOWN = 0;
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

    private final int pairs;

    /** By flow, one more than the number of the pair. */
    private final AtomicIntegerArray flows = new AtomicIntegerArray(FLOWS);

    /** @param pairs in use, 1 or more */
    AutomaticSteering(int pairs) {
        this.pairs = pairs;
    }

    @Override
    int pair(ByteBuf frame, int start, int length) {
        int hash = hash(frame, start, length);
        int known = flows.getOpaque(hash & (FLOWS - 1));
        return known == UNKNOWN ? (int) ((hash & 0xffff_ffffL) * pairs >>> 32) : known - 1;
    }

    @Override
    boolean uses(int pair) {
        return pair < pairs;
    }

    @Override
    void save(DataOutput state) throws IOException {
        state.writeInt(pairs);
    }

    @Override
    boolean isFlexible() {
        return true;
    }

    @Override
    void sent(ByteBuf frame, int start, int length, int pair) {
        if (pair < pairs) {
            int flow = hash(frame, start, length) & (FLOWS - 1);
            if (flows.getOpaque(flow) != pair + 1) {
                flows.setOpaque(flow, pair + 1);
            }
        }
    }

    /** The same in both directions. */
    private static int hash(ByteBuf frame, int start, int length) {
        long layout = PacketLayout.of(frame, start, length);
        int network = start + PacketLayout.network(layout);
        long mixed;
        switch (PacketLayout.version(layout)) {
            case 4 ->
                mixed = frame.getInt(network + PacketLayout.IPV4_ADDRESSES)
                        ^ frame.getInt(network + PacketLayout.IPV4_ADDRESSES + Integer.BYTES);
            case 6 -> mixed = halves(frame, network + PacketLayout.IPV6_SOURCE);
            default -> {
                return 0;
            }
        }
        int transport = PacketLayout.transport(layout);
        if (transport != 0) {
            int source = frame.getUnsignedShort(start + transport);
            int destination = frame.getUnsignedShort(start + transport + 2);
            // Both ports are often the same: their difference would tell nothing.
            mixed = mixed * MULTIPLIER + (Math.max(source, destination) << Short.SIZE | Math.min(source, destination));
        }
        mixed = (mixed + PacketLayout.protocol(layout)) * MULTIPLIER;
        return (int) (mixed >>> 32);
    }

    /** Both addresses: which is first makes no difference. */
    private static long halves(ByteBuf frame, int source) {
        long mixed = 0;
        for (int i = 0; i < 2; i++) {
            mixed = mixed * MULTIPLIER
                    + (frame.getLong(source + i * Long.BYTES) ^ frame.getLong(source + (i + 2) * Long.BYTES));
        }
        return mixed;
    }
}
