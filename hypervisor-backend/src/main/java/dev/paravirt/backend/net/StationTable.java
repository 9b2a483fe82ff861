// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which station is behind which port: bounded, lock-free, for any thread. A station is looked for in a few slots that
 * follow from its address; a new one takes a slot that is free or out of date, else that of the one heard of least
 * recently. So a guest that makes addresses up makes others forgotten, and their frames flooded; it cannot fill memory.
 */
final class StationTable {
    static final int NONE = 0;
    private static final int SETS = 1024;
    private static final int WAYS = 4;
    private static final int ADDRESS_BITS = 48;
    private static final long ADDRESS = (1L << ADDRESS_BITS) - 1;

    /** Port number on top, address below; 0 is a free slot. */
    private final AtomicLongArray stations = new AtomicLongArray(SETS * WAYS);

    /** When each was last heard of. */
    private final AtomicLongArray heard = new AtomicLongArray(SETS * WAYS);

    private final long lifetime;

    /** @param lifetime how long a station is remembered, in the unit of the times below */
    StationTable(long lifetime) {
        this.lifetime = lifetime;
    }

    private static int set(long address) {
        long mixed = address * 0x9e37_79b9_7f4a_7c15L;
        return (int) (mixed >>> 54) * WAYS;
    }

    /** @param port 1 to 65535 */
    void learn(long address, int port, long now) {
        long station = (long) port << ADDRESS_BITS | address;
        int start = set(address);
        int oldest = start;
        for (int slot = start; slot < start + WAYS; slot++) {
            long known = stations.get(slot);
            if (known != 0 && (known & ADDRESS) == address) {
                if (known != station) {
                    stations.set(slot, station);
                }
                if (heard.get(slot) != now) {
                    heard.set(slot, now);
                }
                return;
            }
            if (age(slot, now) > age(oldest, now)) {
                oldest = slot;
            }
        }
        heard.set(oldest, now);
        stations.set(oldest, station);
    }

    private long age(int slot, long now) {
        return stations.get(slot) == 0 ? Long.MAX_VALUE : now - heard.get(slot);
    }

    /** The port behind which a station is, or {@link #NONE} if that is not known, or not any more. */
    int find(long address, long now) {
        int start = set(address);
        for (int slot = start; slot < start + WAYS; slot++) {
            long known = stations.get(slot);
            if (known != 0 && (known & ADDRESS) == address && now - heard.get(slot) < lifetime) {
                return (int) (known >>> ADDRESS_BITS);
            }
        }
        return NONE;
    }

    /** Forgets all that is behind a port. */
    void forget(int port) {
        for (int slot = 0; slot < stations.length(); slot++) {
            long known = stations.get(slot);
            if (known >>> ADDRESS_BITS == port) {
                stations.compareAndSet(slot, known, 0);
            }
        }
    }
}
