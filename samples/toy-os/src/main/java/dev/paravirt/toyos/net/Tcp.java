// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** Leads segments to their connections, and opens new ones. */
final class Tcp {
    private static final int MAX_CONNECTIONS = 512;
    private static final int FIRST_EPHEMERAL = 49152;
    private static final int EPHEMERALS = 65536 - FIRST_EPHEMERAL;

    /** Less than an IPv4 packet holds, whose length has 16 bits. */
    private static final int MOST_BURST = 65_000;

    private final NetworkInterface link;
    private final Ipv4 ip;
    private final LongSupplier clock;
    private final RandomGenerator random;
    private final Counters counters;
    private final Map<TcpPath, TcpConnection> connections = new LinkedHashMap<>();
    private final Map<Integer, TcpListener> listeners = new HashMap<>();
    private boolean starved;

    Tcp(NetworkInterface link, Ipv4 ip, LongSupplier clock, RandomGenerator random, Counters counters) {
        this.link = link;
        this.ip = ip;
        this.clock = clock;
        this.random = random;
        this.counters = counters;
    }

    LongSupplier clock() {
        return clock;
    }

    Counters counters() {
        return counters;
    }

    int connections() {
        return connections.size();
    }

    private int mss() {
        return ip.largestPayload() - TcpSegment.HEADER;
    }

    TcpListener listen(Waiting waiting, int port, int backlog) throws NetworkException {
        if (port <= 0 || port > 65535) {
            throw new NetworkException(NetworkException.Reason.INVALID, port + " is no TCP port");
        }
        if (listeners.containsKey(port)) {
            throw new NetworkException(NetworkException.Reason.IN_USE, "TCP port " + port + " is in use");
        }
        TcpListener listener = new TcpListener(this, waiting, port, backlog);
        listeners.put(port, listener);
        return listener;
    }

    void release(TcpListener listener) {
        listeners.remove(listener.port(), listener);
    }

    /** Begins to connect from the given port, or from a free one if it is 0. */
    TcpConnection connect(int localPort, int address, int port) throws NetworkException {
        String target = Ipv4Address.format(address) + ":" + port;
        if (!ip.isHost(address) || port <= 0 || port > 65535) {
            throw new NetworkException(NetworkException.Reason.INVALID, target + " is no host's address and port");
        }
        if (!ip.hasRoute(address)) {
            throw new NetworkException(
                    NetworkException.Reason.UNREACHABLE,
                    "there is no way to " + target + ": neither on our network nor is a gateway known");
        }
        if (!hasRoom()) {
            throw new NetworkException(
                    NetworkException.Reason.TOO_MANY, "there are " + MAX_CONNECTIONS + " connections already");
        }
        TcpPath path = path(localPort, address, port);
        TcpConnection connection = TcpConnection.active(this, path, random.nextInt());
        connections.put(path, connection);
        return connection;
    }

    private TcpPath path(int localPort, int address, int port) throws NetworkException {
        int first = random.nextInt(EPHEMERALS);
        int tries = localPort == 0 ? EPHEMERALS : 1;
        for (int i = 0; i < tries; i++) {
            int candidate = localPort == 0 ? FIRST_EPHEMERAL + (first + i) % EPHEMERALS : localPort;
            TcpPath path = new TcpPath(ip.sourceFor(address), candidate, address, port, mss());
            if (!connections.containsKey(path)) {
                return path;
            }
        }
        throw new NetworkException(
                NetworkException.Reason.IN_USE, "no TCP port is free for " + Ipv4Address.format(address) + ":" + port);
    }

    /** Makes room at the cost of a connection that only waits for strays. */
    private boolean hasRoom() {
        if (connections.size() < MAX_CONNECTIONS) {
            return true;
        }
        for (TcpConnection connection : connections.values()) {
            if (connection.state() == TcpState.TIME_WAIT) {
                connections.remove(connection.path);
                return true;
            }
        }
        return false;
    }

    void forget(TcpConnection connection) {
        connections.remove(connection.path, connection);
    }

    void receive(Packet packet, int source, int destination) {
        counters.count(Counter.TCP_RECEIVED);
        TcpSegment segment = TcpSegment.parse(packet, source, destination);
        if (segment == null || !ip.isHost(source) || !ip.isHost(destination)) {
            counters.count(Counter.TCP_MALFORMED);
            return;
        }
        TcpPath path = new TcpPath(destination, segment.destinationPort, source, segment.sourcePort, mss());
        TcpConnection connection = connections.get(path);
        if (connection != null && !isReused(connection, segment)) {
            connection.receive(segment);
        } else {
            open(path, segment);
        }
    }

    /** A new connection between the same ports may begin while the old one waits for strays (RFC 9293, 3.10.7.4). */
    private static boolean isReused(TcpConnection connection, TcpSegment segment) {
        return connection.state() == TcpState.TIME_WAIT
                && (segment.flags & (TcpSegment.SYN | TcpSegment.ACK | TcpSegment.RST)) == TcpSegment.SYN
                && Sequence.after(segment.sequence, connection.receiver.next());
    }

    private void open(TcpPath path, TcpSegment segment) {
        TcpListener listener = listeners.get(path.localPort());
        boolean opens = (segment.flags & (TcpSegment.SYN | TcpSegment.ACK | TcpSegment.RST)) == TcpSegment.SYN;
        if (listener == null || !opens) {
            counters.count(Counter.TCP_NO_CONNECTION);
            reset(segment, path);
            return;
        }
        if (!listener.hasRoom() || !hasRoom()) {
            counters.count(Counter.TCP_BACKLOG_FULL);
            return;
        }
        listener.opening();
        connections.put(path, TcpConnection.passive(this, path, random.nextInt(), segment, listener));
    }

    /** Answers a segment that belongs to no connection, unless it is a reset itself. */
    void reset(TcpSegment segment, TcpPath path) {
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        counters.count(Counter.TCP_RESET_SENT);
        boolean acknowledged = segment.has(TcpSegment.ACK);
        int sequence = acknowledged ? segment.acknowledgment : 0;
        int acknowledgment = acknowledged ? 0 : segment.sequence + segment.length();
        int flags = acknowledged ? TcpSegment.RST : TcpSegment.RST | TcpSegment.ACK;
        Packet packet = Packet.withPayload(0);
        TcpHeader header = new TcpHeader();
        header.sequence = sequence;
        header.acknowledgment = acknowledgment;
        header.flags = flags;
        send(header, packet, path, path.mss());
    }

    /**
     * Sends a segment, or several in one.
     *
     * @param mss most bytes of payload of each
     */
    void send(TcpHeader header, Packet payload, TcpPath path, int mss) {
        counters.count(Counter.TCP_SENT);
        header.put(payload, path, link.completesChecksums(), mss);
        // Whoever needs a segment that has no way sends it again, or gives up in time.
        ip.send(payload, path.remoteAddress(), Ipv4.TCP);
    }

    /** Whether a segment can be sent now; if not, all connections are asked for their output when one can. */
    boolean hasRoomToSend() {
        starved |= !link.hasRoom();
        return !starved;
    }

    boolean isStarved() {
        return starved;
    }

    /** The most payload of one {@link #send}. */
    int burst(int mss) {
        return link.cutsSegments() ? Math.max(mss, MOST_BURST / mss * mss) : mss;
    }

    /** Lets those send that found no room. */
    void poll() {
        if (starved && link.hasRoom()) {
            starved = false;
            List.copyOf(connections.values()).forEach(TcpConnection::flush);
        }
    }

    /** The network could not deliver a segment of ours. */
    void unreachable(int source, int destination, Packet quoted, int code, int mtu) {
        TcpPath path = new TcpPath(source, quoted.u16(0), destination, quoted.u16(2), mss());
        TcpConnection connection = connections.get(path);
        if (connection != null) {
            connection.unreachable(quoted.i32(4), code, mtu);
        }
    }

    /** Whether a connection has yet to send something, or to have it acknowledged. */
    boolean isUnderWay() {
        for (TcpConnection connection : connections.values()) {
            if (connection.isUnderWay()) {
                return true;
            }
        }
        return false;
    }

    /** Ends all connections at once. */
    void abort() {
        for (TcpConnection connection : List.copyOf(connections.values())) {
            connection.abort(TcpFailure.ABORTED);
        }
    }

    long deadline() {
        long earliest = Long.MAX_VALUE;
        for (TcpConnection connection : connections.values()) {
            earliest = Math.min(earliest, connection.deadline());
        }
        return earliest;
    }

    void runTimers() {
        long now = clock.getAsLong();
        List<TcpConnection> due = new ArrayList<>();
        for (TcpConnection connection : connections.values()) {
            if (connection.deadline() <= now) {
                due.add(connection);
            }
        }
        due.forEach(TcpConnection::runTimers);
    }
}
