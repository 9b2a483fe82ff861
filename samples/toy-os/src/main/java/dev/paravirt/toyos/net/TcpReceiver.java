// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.LongSupplier;

/** The receiving half of a connection: what came in order, what came too early, and what the peer is told about it. */
final class TcpReceiver {
    static final int SCALE = 5;
    private static final int BUFFER = 1 << 20;
    private static final int LARGEST_FIELD = 0xFFFF;
    private static final int SEGMENTS_PER_ACKNOWLEDGMENT = 2;
    private static final long LONGEST_DELAY = 20_000_000L;

    private final LongSupplier clock;
    private final Counters counters;
    private final ByteRing buffer = new ByteRing(BUFFER);
    private final Ranges early = new Ranges();
    /** Which of them grew last. */
    private int latest;

    private int next;
    private int scale;
    private boolean finKnown;
    private int finSequence;
    private boolean finished;
    private int advertisedEdge;
    private int unacknowledged;
    private int fullSegment;
    private boolean acknowledgeNow;
    private long deadline = Long.MAX_VALUE;

    TcpReceiver(LongSupplier clock, Counters counters) {
        this.clock = clock;
        this.counters = counters;
    }

    /** @param segmentSize the most payload of a segment */
    void start(int initialSequence, boolean scaled, int segmentSize) {
        fullSegment = segmentSize;
        next = initialSequence + 1;
        scale = scaled ? SCALE : 0;
        advertisedEdge = next;
    }

    int next() {
        return next;
    }

    private int window() {
        return Math.min(buffer.free(), LARGEST_FIELD << scale);
    }

    /** Puts the ranges that came too early into a header, the one that grew last first (RFC 2018, section 4). */
    void report(TcpHeader header) {
        int first = early.find(latest - next);
        if (first >= 0) {
            header.addBlock(next + early.start(first), next + early.end(first));
        }
        for (int i = 0; i < early.count() && header.blocks < TcpHeader.MAX_BLOCKS; i++) {
            if (i != first) {
                header.addBlock(next + early.start(i), next + early.end(i));
            }
        }
    }

    /** The window field of a segment that is sent now, with the acknowledgment: nothing is owed after it. */
    int advertise(boolean syn) {
        int field = syn ? Math.min(window(), LARGEST_FIELD) : window() >> scale;
        advertisedEdge = next + (syn ? field : field << scale);
        unacknowledged = 0;
        acknowledgeNow = false;
        deadline = Long.MAX_VALUE;
        return field;
    }

    /** Whether this is the SYN that the connection began with, once more. */
    boolean repeatsSyn(TcpSegment segment) {
        return segment.sequence == next - 1;
    }

    /** Whether a part of the segment lies within the window; one byte that probes a closed window does too. */
    boolean isAcceptable(TcpSegment segment) {
        int offset = segment.sequence - next;
        int length = segment.length();
        if (length == 0) {
            return offset >= 0 && offset <= window();
        }
        if (window() == 0) {
            return offset == 0;
        }
        return offset < window() && offset + length > 0;
    }

    /** Takes the data of an acceptable segment. Returns whether the stream grew or ended. */
    boolean receive(TcpSegment segment) {
        Packet payload = segment.payload;
        int offset = segment.sequence - next;
        if (segment.has(TcpSegment.FIN) && !finKnown) {
            finKnown = true;
            finSequence = segment.sequence + payload.length();
        }
        if (offset < 0) {
            payload.dropFront(Math.min(-offset, payload.length()));
            offset = 0;
        }
        int room = finKnown ? Math.min(window(), finSequence - next) : window();
        int length = Math.min(payload.length(), room - offset);
        int before = next;
        if (length > 0) {
            take(offset, payload, length);
        }
        if (finKnown && !finished && next == finSequence) {
            finished = true;
            next++;
            acknowledgeNow = true;
        }
        // Out of order, cut off or known already: the peer should hear it at once.
        acknowledgeNow |= segment.length() > 0 && (next == before || length < payload.length() || !early.isEmpty());
        return next != before;
    }

    private void take(int offset, Packet payload, int length) {
        if (offset > 0) {
            counters.count(Counter.TCP_OUT_OF_ORDER);
        }
        if (!early.add(offset, offset + length)) {
            return;
        }
        latest = next + offset;
        buffer.put(offset, payload.array, payload.start(), length);
        int grown = early.take();
        buffer.advance(grown);
        next += grown;
        unacknowledged += length;
        if (unacknowledged >= SEGMENTS_PER_ACKNOWLEDGMENT * fullSegment) {
            acknowledgeNow = true;
        } else if (deadline == Long.MAX_VALUE) {
            deadline = clock.getAsLong() + LONGEST_DELAY;
        }
    }

    void acknowledgeNow() {
        acknowledgeNow = true;
    }

    boolean owesAcknowledgment() {
        return acknowledgeNow || clock.getAsLong() >= deadline;
    }

    long deadline() {
        return acknowledgeNow ? Long.MIN_VALUE : deadline;
    }

    int read(byte[] target, int start, int length, int mss) {
        int taken = Math.min(length, buffer.length());
        buffer.get(0, target, start, taken);
        buffer.drop(taken);
        int opened = next + window() - advertisedEdge;
        if (!finished && opened >= Math.min(2 * mss, BUFFER / 2)) {
            acknowledgeNow = true;
        }
        return taken;
    }

    int readable() {
        return buffer.length();
    }

    /** Whether the peer's FIN came, and all data before it. */
    boolean finished() {
        return finished;
    }
}
