// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.LongSupplier;

/** The sending half of a connection: what is not acknowledged yet, how much may be sent, and when it is sent again. */
final class TcpSender {
    private static final int BUFFER = 1 << 18;
    private static final int MAX_UNANSWERED = 12;
    private static final long LONGEST_PROBE_INTERVAL = 5_000_000_000L;

    private final LongSupplier clock;
    private final Counters counters;
    private final Output output;
    private final ByteRing buffer = new ByteRing(BUFFER);
    private final RetransmissionTimeout timeout = new RetransmissionTimeout();
    private final Congestion congestion = new Congestion();

    private int mss = TcpSegment.DEFAULT_MSS;
    /** The oldest sequence number not acknowledged, the next to send, and the highest ever sent plus one. */
    private int una;

    private int next;
    private int max;
    private long window;
    private long largestWindow;
    private int windowSequence;
    private int windowAcknowledgment;
    private boolean finQueued;
    private boolean finAcknowledged;
    /** What was sent last lay beyond the window, to learn whether it has opened. */
    private boolean probing;

    private boolean timing;
    private int timedSequence;
    private long timedAt;
    private int unanswered;
    private long deadline = Long.MAX_VALUE;

    /** Sends a segment: from the sender's buffer, with the receiver's acknowledgment. */
    interface Output {
        void transmit(int sequence, int flags, Packet payload);
    }

    TcpSender(int initialSequence, LongSupplier clock, Counters counters, Output output) {
        una = initialSequence;
        next = initialSequence;
        max = initialSequence;
        this.clock = clock;
        this.counters = counters;
        this.output = output;
    }

    int write(byte[] source, int start, int length) {
        int taken = Math.min(length, buffer.free());
        buffer.put(0, source, start, taken);
        buffer.advance(taken);
        return taken;
    }

    int free() {
        return buffer.free();
    }

    /** After this nothing more is written; FIN follows the last byte. */
    void finish() {
        finQueued = true;
    }

    boolean finAcknowledged() {
        return finAcknowledged;
    }

    boolean isAcceptable(int acknowledgment) {
        return !Sequence.before(acknowledgment, una) && !Sequence.after(acknowledgment, max);
    }

    boolean acknowledgesSyn(int acknowledgment) {
        return acknowledgment == max;
    }

    boolean isBeyond(int acknowledgment) {
        return Sequence.after(acknowledgment, max);
    }

    /** What pure acknowledgments carry: the peer must find it within its window. */
    int sequenceForAcknowledgment() {
        return probing ? una : max;
    }

    /** Sends the SYN for the first time or again. */
    void sendSyn(int flags) {
        if (max == una) {
            next = una + 1;
            max = next;
            startTiming(una);
        } else {
            timing = false;
        }
        output.transmit(una, flags, Packet.withPayload(0));
        deadline = clock.getAsLong() + timeout.nanos();
    }

    /** The peer has our SYN: data may flow. */
    void established(TcpSegment segment, int mss, int scale) {
        this.mss = mss;
        congestion.start(mss, una);
        una++;
        endTiming(una);
        unanswered = 0;
        timeout.answered();
        deadline = Long.MAX_VALUE;
        setWindow(segment, scale);
    }

    private void setWindow(TcpSegment segment, int scale) {
        windowSequence = segment.sequence;
        windowAcknowledgment = segment.acknowledgment;
        window = segment.has(TcpSegment.SYN) ? segment.window : (long) segment.window << scale;
        largestWindow = Math.max(largestWindow, window);
    }

    /** Takes note of an acceptable acknowledgment, and of the window that comes with it. */
    void acknowledged(TcpSegment segment, int scale) {
        unanswered = 0;
        long before = window;
        boolean newer = Sequence.before(windowSequence, segment.sequence)
                || windowSequence == segment.sequence && !Sequence.after(windowAcknowledgment, segment.acknowledgment);
        if (newer) {
            setWindow(segment, scale);
        }
        if (Sequence.after(segment.acknowledgment, una)) {
            advance(segment.acknowledgment);
        } else if (segment.length() == 0 && window == before && max != una && !probing) {
            if (congestion.duplicate(una, max)) {
                resendFirst();
            }
        }
        if (probing && window > 0) {
            probing = false;
            next = una;
            timeout.answered();
        }
    }

    private void advance(int acknowledgment) {
        int bytes = acknowledgment - una;
        int data = Math.min(bytes, buffer.length());
        buffer.drop(data);
        finAcknowledged |= bytes > data;
        una = acknowledgment;
        if (Sequence.before(next, una)) {
            next = una;
        }
        endTiming(acknowledgment);
        timeout.answered();
        boolean hole = congestion.acknowledged(bytes, una);
        deadline = max == una ? Long.MAX_VALUE : clock.getAsLong() + timeout.nanos();
        if (max == una) {
            probing = false;
        } else if (hole) {
            resendFirst();
        }
    }

    private void resendFirst() {
        counters.count(Counter.TCP_FAST_RETRANSMITTED);
        timing = false;
        int resume = next;
        next = una;
        send(Math.min(buffer.length(), mss));
        if (Sequence.before(next, resume)) {
            next = resume;
        }
    }

    /** Sends what may be sent now. */
    void output() {
        while (sendOne()) {
            // Each turn sends a segment.
        }
        boolean waiting = buffer.length() > 0 || finQueued && !finAcknowledged;
        if (waiting && deadline == Long.MAX_VALUE) {
            deadline = clock.getAsLong() + timeout.nanos();
        }
    }

    private boolean sendOne() {
        int underWay = next - una;
        int unsent = Math.max(0, buffer.length() - underWay);
        long usable = Math.min(window, congestion.window()) - underWay;
        int length = (int) Math.max(0, Math.min(Math.min(unsent, mss), usable));
        boolean fin =
                finQueued && !finAcknowledged && underWay <= buffer.length() && length == unsent && usable > length;
        boolean silly = length < mss && length < unsent && length < largestWindow / 2;
        if (length == 0 && !fin || silly) {
            return false;
        }
        send(length);
        return true;
    }

    /** Sends so many bytes of the buffer from {@link #next} on, and the FIN if it follows them. */
    private void send(int length) {
        int offset = next - una;
        boolean last = offset + length == buffer.length();
        boolean fin = finQueued && !finAcknowledged && last;
        Packet payload = Packet.withPayload(length);
        buffer.get(offset, payload.array, payload.start(), length);
        int flags = TcpSegment.ACK | (last && length > 0 ? TcpSegment.PSH : 0) | (fin ? TcpSegment.FIN : 0);
        int sequence = next;
        next += length + (fin ? 1 : 0);
        if (Sequence.after(next, max)) {
            if (!timing && sequence == max) {
                startTiming(sequence);
            }
            max = next;
        }
        output.transmit(sequence, flags, payload);
        if (deadline == Long.MAX_VALUE) {
            deadline = clock.getAsLong() + timeout.nanos();
        }
    }

    long deadline() {
        return deadline;
    }

    /** The time for an answer is over; false if there were too many such times. */
    boolean timedOut() {
        unanswered++;
        if (unanswered > MAX_UNANSWERED) {
            return false;
        }
        timing = false;
        timeout.backOff();
        return true;
    }

    /** Sends the oldest data again, or, into a closed window, a byte that asks for news of it. */
    void resend() {
        boolean nothingUnderWay = max == una;
        boolean closed = window == 0;
        next = una;
        if (closed || nothingUnderWay) {
            counters.count(Counter.TCP_PROBES);
            probing = closed;
            send((int) Math.min(Math.min(buffer.length(), mss), Math.max(1, window)));
            deadline = clock.getAsLong() + Math.min(timeout.nanos(), LONGEST_PROBE_INTERVAL);
            return;
        }
        counters.count(Counter.TCP_RETRANSMITTED);
        congestion.timedOut(una, max);
        send((int) Math.min(Math.min(buffer.length(), mss), window));
        deadline = clock.getAsLong() + timeout.nanos();
    }

    private void startTiming(int sequence) {
        timing = true;
        timedSequence = sequence;
        timedAt = clock.getAsLong();
    }

    private void endTiming(int acknowledgment) {
        if (timing && Sequence.after(acknowledgment, timedSequence)) {
            timing = false;
            timeout.measured(clock.getAsLong() - timedAt);
        }
    }
}
