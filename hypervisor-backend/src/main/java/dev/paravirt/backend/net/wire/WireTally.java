// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.util.concurrent.atomic.LongAdder;

/** The counters of one wire while they are counted, by any thread. */
final class WireTally {
    final LongAdder sent = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder received = new LongAdder();
    final LongAdder malformed = new LongAdder();

    /** Counts a frame of the driver's; returns whether it was sent. */
    boolean sent(boolean taken) {
        (taken ? sent : dropped).increment();
        return taken;
    }

    WireCounters read() {
        return new WireCounters(sent.sum(), dropped.sum(), received.sum(), malformed.sum());
    }
}
