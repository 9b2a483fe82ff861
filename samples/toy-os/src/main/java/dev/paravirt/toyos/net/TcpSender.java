// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.LongSupplier;

/** The sending half of a connection: what is not acknowledged yet, how much may be sent, and when it is sent again. */
final class TcpSender {
    private static final int BUFFER = 1 << 20;
    private static final int MAX_UNANSWERED = 12;
    private static final long LONGEST_PROBE_INTERVAL = 5_000_000_000L;
    /** What the peer has, as it says, must be at most this many segments before the hole is taken for a loss. */
    private static final int REORDERED_SEGMENTS = 2;

    private final LongSupplier clock;
    private final Counters counters;
    private final Output output;
    private final ByteRing buffer = new ByteRing(BUFFER);
    private final RetransmissionTimeout timeout = new RetransmissionTimeout();
    private final Congestion congestion = new Congestion();
    /** What the peer has beyond {@link #una}, as far as it says so. */
    private final Ranges peerHas = new Ranges();

    private int mss = TcpSegment.DEFAULT_MSS;
    private boolean selective;
    /** The oldest sequence number not acknowledged, the next to send, and the highest ever sent plus one. */
    private int una;

    private int next;
    private int max;
    /** In recovery: holes before this were filled. */
    private int repaired;
    /** What had been sent when a hole was filled last: if the peer gets what came after that first, the hole is there still. */
    private int sentAtRepair;
    /** Where the last segment that was not full ended. */
    private int smallEnd;

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

    /** Where segments go. */
    interface Output {
        /** Sends a segment from the sender's buffer, with the receiver's acknowledgment. */
        void transmit(int sequence, int flags, Packet payload);

        /** Whether there is room for one; if not, {@link TcpSender#output} is called when there is. */
        boolean hasRoom();

        /** The most payload of one {@code transmit}: one segment's, or several times that if the card cuts it. */
        int burst(int mss);
    }

    TcpSender(int initialSequence, LongSupplier clock, Counters counters, Output output) {
        una = initialSequence;
        next = initialSequence;
        max = initialSequence;
        repaired = initialSequence;
        smallEnd = initialSequence;
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

    /** Whether anything was written or sent that the peer has not acknowledged. */
    boolean isUnderWay() {
        return max != una || buffer.length() > 0 || finQueued && !finAcknowledged;
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

    /** Whether a segment that began here may still be under way. */
    boolean isUnderWay(int sequence) {
        return !Sequence.before(sequence, una) && Sequence.before(sequence, max);
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
    void established(TcpSegment segment, int segmentSize, int scale, boolean selectiveAcknowledgments) {
        mss = segmentSize;
        selective = selectiveAcknowledgments;
        congestion.start(mss, una, selective);
        una++;
        repaired = una;
        smallEnd = una;
        endTiming(una);
        unanswered = 0;
        timeout.answered();
        deadline = Long.MAX_VALUE;
        setWindow(segment, scale);
    }

    /** A router on the way takes only smaller packets: what is under way is sent again in such. */
    void reduce(int segmentSize) {
        mss = segmentSize;
        timing = false;
        if (max != una) {
            next = una;
            peerHas.clear();
        }
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
        boolean advances = Sequence.after(segment.acknowledgment, una);
        if (advances) {
            advance(segment.acknowledgment);
        }
        boolean news = selective && record(segment);
        boolean repeats = selective ? news : segment.length() == 0 && window == before;
        if (!advances && repeats && max != una && !probing) {
            duplicate();
        }
        if (probing && window > 0) {
            probing = false;
            next = una;
            timeout.answered();
        }
    }

    /** Notes what the peer has; false if that is nothing new. */
    private boolean record(TcpSegment segment) {
        int before = peerHas.bytes();
        for (int i = 0; i < segment.blocks; i++) {
            int start = segment.blockStarts[i] - una;
            int end = segment.blockEnds[i] - una;
            if (start > 0 && start < end && end <= max - una) {
                peerHas.add(start, end);
            }
        }
        return peerHas.bytes() > before;
    }

    private void duplicate() {
        boolean evident = peerHas.bytes() > REORDERED_SEGMENTS * mss;
        boolean again = selective && peerHasBeyond(congestion.recoverTo());
        if (congestion.duplicate(una, max, evident, again)) {
            repaired = una;
            resendFirst();
        }
    }

    /** Whether the peer has got more than reordering explains of what was sent from a sequence number on. */
    private boolean peerHasBeyond(int sequence) {
        return peerHas.end() > sequence - una + REORDERED_SEGMENTS * mss;
    }

    private void advance(int acknowledgment) {
        counters.count(Counter.TCP_ADVANCED);
        int underWay = max - una;
        int bytes = acknowledgment - una;
        int delivered = bytes - peerHas.bytesBefore(bytes);
        int data = Math.min(bytes, buffer.length());
        buffer.drop(data);
        peerHas.shift(bytes);
        finAcknowledged |= bytes > data;
        una = acknowledgment;
        next = later(next, una);
        repaired = later(repaired, una);
        smallEnd = later(smallEnd, una);
        endTiming(acknowledgment);
        timeout.answered();
        boolean hole = congestion.acknowledged(delivered, una, underWay, max);
        deadline = max == una ? Long.MAX_VALUE : clock.getAsLong() + timeout.nanos();
        if (max == una) {
            probing = false;
        } else if (hole && (!selective || repaired == una)) {
            resendFirst();
        }
    }

    private static int later(int a, int b) {
        return Sequence.before(a, b) ? b : a;
    }

    private void resendFirst() {
        counters.count(Counter.TCP_FAST_RETRANSMITTED);
        timing = false;
        sentAtRepair = max;
        repaired = later(repaired, send(0, Math.min(buffer.length(), mss)));
        next = later(next, repaired);
    }

    /** Sends what may be sent now. */
    void output() {
        boolean more = congestion.isRecovering() && selective;
        if (more && repaired != una && peerHasBeyond(sentAtRepair) && peerHas.firstMissing(0) < repaired - una) {
            // What filled a hole was lost itself: for congestion, a second loss (RFC 5681, section 4.3).
            congestion.lostAgain();
            repaired = una;
        }
        while (more && output.hasRoom()) {
            more = fillHole();
        }
        more = true;
        while (more && output.hasRoom()) {
            more = sendOne();
        }
        boolean waiting = buffer.length() > 0 || finQueued && !finAcknowledged;
        if (waiting && deadline == Long.MAX_VALUE) {
            deadline = clock.getAsLong() + timeout.nanos();
        }
    }

    /** Sends the next segment again that the peer does not have, though it has later ones. */
    private boolean fillHole() {
        int start = peerHas.firstMissing(repaired - una);
        int end = Math.min(peerHas.nextStart(start), buffer.length());
        if (start >= end || start >= peerHas.end() || congestion.window() - pipe() < mss) {
            return false;
        }
        counters.count(Counter.TCP_FAST_RETRANSMITTED);
        timing = false;
        sentAtRepair = max;
        repaired = send(start, Math.min(end - start, mss));
        return true;
    }

    /** Bytes that are in the network: sent beyond what the peer has, or sent again to fill a hole. */
    private int pipe() {
        int again = repaired - una;
        return max - una - peerHas.end() + Math.max(0, Math.min(again, peerHas.end()) - peerHas.bytesBefore(again));
    }

    private boolean sendOne() {
        // After a time-out all is sent again but what the peer says it has.
        next = una + peerHas.firstMissing(next - una);
        int underWay = next - una;
        int unsent = Math.max(0, buffer.length() - underWay);
        int inNetwork = congestion.isRecovering() && selective ? pipe() : underWay - peerHas.bytesBefore(underWay);
        long usable = Math.min(window - underWay, congestion.window() - inNetwork);
        int most = Math.min(Math.min(unsent, output.burst(mss)), untilPeerHas(underWay));
        int length = (int) Math.max(0, Math.min(most, usable));
        if (length > mss && length < unsent) {
            length -= length % mss;
        }
        boolean fin =
                finQueued && !finAcknowledged && underWay <= buffer.length() && length == unsent && usable > length;
        boolean silly = length < mss && length < unsent && length < largestWindow / 2;
        // One small segment at a time may be under way (RFC 1122, 4.2.3.4, as Minshall refined it).
        boolean small = length < mss && !finQueued && next == max && smallEnd != una;
        if (length == 0 && !fin || silly || small) {
            return false;
        }
        next = send(underWay, length);
        if (length % mss != 0) {
            smallEnd = next;
        }
        return true;
    }

    /** Bytes from a position on that the peer does not have, as far as it says. */
    private int untilPeerHas(int from) {
        return from < peerHas.end() ? peerHas.nextStart(from) - from : Integer.MAX_VALUE;
    }

    /** Sends so many bytes of the buffer, and the FIN if it follows them. Returns the sequence number behind them. */
    private int send(int offset, int length) {
        boolean last = offset + length == buffer.length();
        boolean fin = finQueued && !finAcknowledged && last;
        Packet payload = Packet.withPayload(length);
        buffer.get(offset, payload.array, payload.start(), length);
        int flags = TcpSegment.ACK | (last && length > 0 ? TcpSegment.PSH : 0) | (fin ? TcpSegment.FIN : 0);
        int sequence = una + offset;
        int end = sequence + length + (fin ? 1 : 0);
        if (Sequence.after(end, max)) {
            if (!timing && sequence == max) {
                startTiming(sequence);
            }
            max = end;
        }
        output.transmit(sequence, flags, payload);
        if (deadline == Long.MAX_VALUE) {
            deadline = clock.getAsLong() + timeout.nanos();
        }
        return end;
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
        if (closed || nothingUnderWay) {
            counters.count(Counter.TCP_PROBES);
            probing = closed;
            next = send(0, (int) Math.min(Math.min(buffer.length(), mss), Math.max(1, window)));
            deadline = clock.getAsLong() + Math.min(timeout.nanos(), LONGEST_PROBE_INTERVAL);
            return;
        }
        counters.count(Counter.TCP_RETRANSMITTED);
        congestion.timedOut(una, max);
        // The peer may have thrown away what it had acknowledged selectively (RFC 2018, section 8).
        peerHas.clear();
        repaired = una;
        next = send(0, (int) Math.min(Math.min(buffer.length(), mss), window));
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
