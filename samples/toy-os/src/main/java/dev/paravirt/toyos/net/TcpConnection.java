// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One connection: what segments, the user's calls and the clock do to its state (RFC 9293, section 3.10). */
final class TcpConnection {
    private static final int SMALLEST_MSS = 64;
    private static final int MAX_SYNS = 6;
    /** No router asks for less that carries IPv4 in earnest; a forged message may. */
    private static final int SMALLEST_MTU = 576;

    private static final long TWICE_SEGMENT_LIFETIME = 60_000_000_000L;
    /** Not every stray segment is answered: two ends that disagree must not talk for ever. */
    private static final long ANSWER_INTERVAL = 10_000_000L;

    final TcpPath path;
    final TcpSender sender;
    final TcpReceiver receiver;
    private final Tcp tcp;
    private final LongSupplier clock;
    private final @Nullable TcpListener listener;

    private TcpState state;
    private boolean scaling = true;
    private boolean selective = true;
    private final TcpHeader header = new TcpHeader();
    private int peerScale;
    private int mss = TcpSegment.DEFAULT_MSS;
    private int syns;
    private boolean released;
    private long closeDeadline = Long.MAX_VALUE;
    private long lastAnswer = Long.MIN_VALUE;
    private @Nullable TcpFailure failure;
    /** What the network said that may pass: the reason if nothing better comes. */
    private @Nullable TcpFailure softError;

    private TcpConnection(Tcp tcp, TcpPath path, int initialSequence, TcpState state, @Nullable TcpListener listener) {
        this.tcp = tcp;
        this.path = path;
        this.clock = tcp.clock();
        this.state = state;
        this.listener = listener;
        sender = new TcpSender(initialSequence, clock, tcp.counters(), new SenderOutput());
        receiver = new TcpReceiver(clock, tcp.counters());
    }

    /** Begins to connect. */
    static TcpConnection active(Tcp tcp, TcpPath path, int initialSequence) {
        TcpConnection connection = new TcpConnection(tcp, path, initialSequence, TcpState.SYN_SENT, null);
        connection.sendSyn();
        return connection;
    }

    /** Answers a SYN. */
    static TcpConnection passive(
            Tcp tcp, TcpPath path, int initialSequence, TcpSegment syn, @Nullable TcpListener listener) {
        TcpConnection connection = new TcpConnection(tcp, path, initialSequence, TcpState.SYN_RECEIVED, listener);
        connection.negotiate(syn);
        connection.sendSyn();
        return connection;
    }

    TcpState state() {
        return state;
    }

    int mss() {
        return mss;
    }

    /** Why the connection ended other than by agreement; null if it did not. */
    @Nullable
    TcpFailure failure() {
        return failure;
    }

    /** What the network said about it, if it said anything; null if not. */
    @Nullable
    TcpFailure softError() {
        return softError;
    }

    private void sendSyn() {
        syns++;
        sender.sendSyn(TcpSegment.SYN | (state == TcpState.SYN_SENT ? 0 : TcpSegment.ACK));
    }

    private void negotiate(TcpSegment syn) {
        mss = Math.clamp(syn.mss, SMALLEST_MSS, path.mss());
        scaling = syn.scale != TcpSegment.NO_SCALE;
        peerScale = scaling ? syn.scale : 0;
        selective = syn.selective;
        receiver.start(syn.sequence, scaling, path.mss());
    }

    private void transmit(int sequence, int flags, Packet payload) {
        boolean syn = (flags & TcpSegment.SYN) != 0;
        header.sequence = sequence;
        header.acknowledgment = (flags & TcpSegment.ACK) != 0 ? receiver.next() : 0;
        header.flags = flags;
        header.window = receiver.advertise(syn);
        header.scale = scaling ? TcpReceiver.SCALE : TcpSegment.NO_SCALE;
        header.selective = selective;
        header.blocks = 0;
        if (selective && payload.length() == 0) {
            receiver.report(header);
        }
        tcp.send(header, payload, path, mss);
    }

    private final class SenderOutput implements TcpSender.Output {
        @Override
        public void transmit(int sequence, int flags, Packet payload) {
            TcpConnection.this.transmit(sequence, flags, payload);
        }

        @Override
        public boolean hasRoom() {
            return tcp.hasRoomToSend();
        }

        @Override
        public int burst(int segment) {
            return tcp.burst(segment);
        }
    }

    private void acknowledge() {
        transmit(sender.sequenceForAcknowledgment(), TcpSegment.ACK, Packet.withPayload(0));
    }

    void receive(TcpSegment segment) {
        if (state == TcpState.SYN_SENT) {
            receiveSyn(segment);
        } else if (accepts(segment)) {
            receiveAcceptable(segment);
        }
        flush();
    }

    private void receiveSyn(TcpSegment segment) {
        boolean acknowledged = segment.has(TcpSegment.ACK);
        if (acknowledged && !sender.acknowledgesSyn(segment.acknowledgment)) {
            tcp.reset(segment, path);
        } else if (segment.has(TcpSegment.RST)) {
            if (acknowledged) {
                fail(TcpFailure.REFUSED);
            }
        } else if (segment.has(TcpSegment.SYN)) {
            negotiate(segment);
            if (acknowledged) {
                sender.established(segment, mss, peerScale, selective);
                state = TcpState.ESTABLISHED;
                receiver.acknowledgeNow();
            } else {
                state = TcpState.SYN_RECEIVED;
                sendSyn();
            }
        }
    }

    /** The checks that come before the acknowledgment is looked at. */
    private boolean accepts(TcpSegment segment) {
        if (!receiver.isAcceptable(segment)) {
            tcp.counters().count(Counter.TCP_UNACCEPTABLE);
            answerStray(segment);
            return false;
        }
        if (segment.has(TcpSegment.RST)) {
            if (segment.sequence == receiver.next()) {
                tcp.counters().count(Counter.TCP_RESET_RECEIVED);
                fail(TcpFailure.RESET);
            } else {
                answerRarely();
            }
            return false;
        }
        if (segment.has(TcpSegment.SYN)) {
            answerRarely();
            return false;
        }
        return segment.has(TcpSegment.ACK);
    }

    private void answerStray(TcpSegment segment) {
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        if (state == TcpState.SYN_RECEIVED && segment.has(TcpSegment.SYN) && segment.has(TcpSegment.ACK)) {
            // Both began at once: the peer repeats its SYN, which we have, with what we wait for.
            if (receiver.repeatsSyn(segment) && sender.acknowledgesSyn(segment.acknowledgment)) {
                established(segment);
                receiver.acknowledgeNow();
            }
            return;
        }
        if (state == TcpState.SYN_RECEIVED && segment.has(TcpSegment.SYN) && !segment.has(TcpSegment.ACK)) {
            sender.sendSyn(TcpSegment.SYN | TcpSegment.ACK);
            return;
        }
        if (state == TcpState.TIME_WAIT && segment.has(TcpSegment.FIN)) {
            closeDeadline = clock.getAsLong() + TWICE_SEGMENT_LIFETIME;
        }
        if (segment.length() > 0) {
            receiver.acknowledgeNow();
        } else {
            answerRarely();
        }
    }

    private void answerRarely() {
        long now = clock.getAsLong();
        if (lastAnswer == Long.MIN_VALUE || now - lastAnswer >= ANSWER_INTERVAL) {
            lastAnswer = now;
            receiver.acknowledgeNow();
        }
    }

    private void receiveAcceptable(TcpSegment segment) {
        if (state == TcpState.SYN_RECEIVED) {
            if (!sender.acknowledgesSyn(segment.acknowledgment)) {
                tcp.reset(segment, path);
                return;
            }
            established(segment);
        } else if (sender.isBeyond(segment.acknowledgment)) {
            answerRarely();
            return;
        } else if (sender.isAcceptable(segment.acknowledgment)) {
            sender.acknowledged(segment, peerScale);
            if (sender.finAcknowledged()) {
                ourEndClosed();
            }
        }
        if (segment.length() > 0) {
            receiveData(segment);
        }
    }

    private void established(TcpSegment segment) {
        state = TcpState.ESTABLISHED;
        sender.established(segment, mss, peerScale, selective);
        if (listener != null) {
            listener.established(this);
        }
    }

    private void ourEndClosed() {
        switch (state) {
            case FIN_WAIT_1 -> {
                state = TcpState.FIN_WAIT_2;
                if (released) {
                    closeDeadline = clock.getAsLong() + TWICE_SEGMENT_LIFETIME;
                }
            }
            case CLOSING -> waitForStrays();
            case LAST_ACK -> end();
            default -> {
                // Known already.
            }
        }
    }

    private void receiveData(TcpSegment segment) {
        boolean open = state == TcpState.ESTABLISHED || state == TcpState.FIN_WAIT_1 || state == TcpState.FIN_WAIT_2;
        if (!open) {
            receiver.acknowledgeNow();
            return;
        }
        if (released && segment.payload.length() > 0) {
            abort(TcpFailure.LATE_DATA);
            return;
        }
        receiver.receive(segment);
        if (receiver.finished()) {
            switch (state) {
                case ESTABLISHED -> state = TcpState.CLOSE_WAIT;
                case FIN_WAIT_1 -> state = TcpState.CLOSING;
                default -> waitForStrays();
            }
        }
    }

    private void waitForStrays() {
        state = TcpState.TIME_WAIT;
        closeDeadline = clock.getAsLong() + TWICE_SEGMENT_LIFETIME;
    }

    /** Sends what can be sent, and an acknowledgment if one is owed and nothing carried it. */
    void flush() {
        if (isSynchronized()) {
            sender.output();
            if (receiver.owesAcknowledgment() && tcp.hasRoomToSend()) {
                acknowledge();
            }
        }
    }

    private boolean isSynchronized() {
        return state != TcpState.SYN_SENT && state != TcpState.SYN_RECEIVED && state != TcpState.CLOSED;
    }

    /**
     * The network says that a segment did not get through (RFC 1122, 4.2.3.9). Who says so is not known for sure, so an
     * established connection does not end by it (RFC 5927).
     *
     * @param mtu of the next hop, if it is about that; else 0
     */
    void unreachable(int sequence, int code, int mtu) {
        if (!sender.isUnderWay(sequence)) {
            return;
        }
        if (code == Icmp.FRAGMENTATION_NEEDED) {
            int most = Math.max(mtu, SMALLEST_MTU) - Ipv4.HEADER - TcpSegment.HEADER;
            if (most < mss && isSynchronized()) {
                mss = most;
                sender.reduce(mss);
                flush();
            }
        } else if (code == Icmp.PORT_UNREACHABLE || code == Icmp.PROTOCOL_UNREACHABLE) {
            softError = TcpFailure.PROTOCOL_UNREACHABLE;
            if (!isSynchronized()) {
                fail(TcpFailure.PROTOCOL_UNREACHABLE);
            }
        } else {
            softError = TcpFailure.UNREACHABLE;
        }
    }

    /** Whether anything that was written, or our end of the stream, has yet to reach the peer. */
    boolean isUnderWay() {
        return state != TcpState.TIME_WAIT && state != TcpState.CLOSED && sender.isUnderWay();
    }

    /** No more to send; the peer's data is still read. */
    void finish() {
        if (state == TcpState.ESTABLISHED || state == TcpState.CLOSE_WAIT) {
            state = state == TcpState.ESTABLISHED ? TcpState.FIN_WAIT_1 : TcpState.LAST_ACK;
            sender.finish();
            flush();
        }
    }

    /** The user is done: what was written still goes out; what the peer sends from now on is refused. */
    void release() {
        if (released || state == TcpState.CLOSED) {
            return;
        }
        released = true;
        if (state == TcpState.SYN_SENT) {
            end();
        } else if (state == TcpState.SYN_RECEIVED || receiver.readable() > 0) {
            abort(TcpFailure.UNREAD);
        } else {
            finish();
            if (state == TcpState.FIN_WAIT_2) {
                closeDeadline = clock.getAsLong() + TWICE_SEGMENT_LIFETIME;
            }
        }
    }

    void abort(TcpFailure why) {
        tcp.counters().count(Counter.TCP_RESET_SENT);
        transmit(sender.sequenceForAcknowledgment(), TcpSegment.RST | TcpSegment.ACK, Packet.withPayload(0));
        fail(why);
    }

    private void fail(TcpFailure why) {
        failure = why;
        end();
    }

    private void end() {
        if (state == TcpState.SYN_RECEIVED && listener != null) {
            listener.vanished();
        }
        state = TcpState.CLOSED;
        closeDeadline = Long.MAX_VALUE;
        tcp.forget(this);
    }

    long deadline() {
        if (!isSynchronized()) {
            return state == TcpState.CLOSED ? Long.MAX_VALUE : sender.deadline();
        }
        return Math.min(closeDeadline, Math.min(sender.deadline(), receiver.deadline()));
    }

    void runTimers() {
        long now = clock.getAsLong();
        if (now >= closeDeadline) {
            end();
            return;
        }
        if (now >= sender.deadline()) {
            boolean synchronizing = !isSynchronized();
            if (!sender.timedOut() || synchronizing && syns >= MAX_SYNS) {
                fail(softError == null ? TcpFailure.SILENT : softError);
            } else if (synchronizing) {
                sendSyn();
            } else {
                sender.resend();
            }
        }
        flush();
    }
}
