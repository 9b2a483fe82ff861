// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one queue: each is written by the queue's worker alone, or else, for drops, by anybody. */
final class FrameCounters {
    /** Dropped by whoever brings frames. */
    final LongAdder overruns = new LongAdder();

    final LongAdder refused = new LongAdder();

    private final AtomicLong packets = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong withoutBuffer = new AtomicLong();
    private final AtomicLong filtered = new AtomicLong();
    private final AtomicLong malformed = new AtomicLong();

    // The worker.

    void passed(int length) {
        add(packets, 1);
        add(bytes, length);
    }

    void withoutBuffer() {
        add(withoutBuffer, 1);
    }

    void filtered() {
        add(filtered, 1);
    }

    void malformed() {
        add(malformed, 1);
    }

    private static void add(AtomicLong counter, long more) {
        counter.setOpaque(counter.getPlain() + more);
    }

    NetCounters read() {
        return new NetCounters(
                packets.getOpaque(),
                bytes.getOpaque(),
                withoutBuffer.getOpaque() + overruns.sum(),
                filtered.getOpaque(),
                malformed.getOpaque(),
                refused.sum());
    }
}
