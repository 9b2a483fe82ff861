// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import java.util.concurrent.atomic.LongAdder;

/** The counters of one queue, counted by its worker and, where frames come from elsewhere, by others. */
final class FrameCounters {
    final LongAdder overruns = new LongAdder();
    final LongAdder filtered = new LongAdder();
    final LongAdder malformed = new LongAdder();
    final LongAdder refused = new LongAdder();
    private final LongAdder packets = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    void passed(int length) {
        packets.increment();
        bytes.add(length);
    }

    NetCounters read() {
        return new NetCounters(
                packets.sum(), bytes.sum(), overruns.sum(), filtered.sum(), malformed.sum(), refused.sum());
    }
}
