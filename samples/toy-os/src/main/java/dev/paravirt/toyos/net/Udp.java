// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** Datagrams between ports (RFC 768). */
final class Udp {
    static final int HEADER = 8;
    private static final int FIRST_EPHEMERAL = 49152;
    private static final int EPHEMERALS = 65536 - FIRST_EPHEMERAL;

    private final Ipv4 ip;
    private final Icmp icmp;
    private final RandomGenerator random;
    private final Counters counters;
    private final BooleanSupplier room;
    private final Map<Integer, UdpSocket> sockets = new HashMap<>();

    Udp(Ipv4 ip, Icmp icmp, RandomGenerator random, Counters counters, BooleanSupplier room) {
        this.room = room;
        this.ip = ip;
        this.icmp = icmp;
        this.random = random;
        this.counters = counters;
    }

    UdpSocket bind(int port) throws NetworkException {
        if (port < 0 || port > 65535) {
            throw new NetworkException(NetworkException.Reason.INVALID, port + " is no UDP port");
        }
        if (sockets.containsKey(port)) {
            throw new NetworkException(NetworkException.Reason.IN_USE, "UDP port " + port + " is in use");
        }
        int chosen = port == 0 ? freePort() : port;
        UdpSocket socket = new UdpSocket(this, chosen);
        sockets.put(chosen, socket);
        return socket;
    }

    private int freePort() throws NetworkException {
        int first = random.nextInt(EPHEMERALS);
        for (int i = 0; i < EPHEMERALS; i++) {
            int candidate = FIRST_EPHEMERAL + (first + i) % EPHEMERALS;
            if (!sockets.containsKey(candidate)) {
                return candidate;
            }
        }
        throw new NetworkException(NetworkException.Reason.IN_USE, "all UDP ports are in use");
    }

    void release(UdpSocket socket) {
        sockets.remove(socket.port(), socket);
    }

    void receive(Packet packet, int source, int destination, int ipHeader) {
        counters.count(Counter.UDP_RECEIVED);
        if (packet.length() < HEADER || packet.u16(4) < HEADER || packet.u16(4) > packet.length()) {
            counters.count(Counter.UDP_MALFORMED);
            return;
        }
        packet.truncate(packet.u16(4));
        if (!packet.verified
                && packet.u16(6) != 0
                && Checksum.withPseudoHeader(packet, source, destination, Ipv4.UDP) != 0) {
            counters.count(Counter.UDP_MALFORMED);
            return;
        }
        UdpSocket socket = sockets.get(packet.u16(2));
        if (socket == null) {
            counters.count(Counter.UDP_NO_PORT);
            icmp.portUnreachable(packet, ipHeader, source, destination);
            return;
        }
        byte[] data = new byte[packet.length() - HEADER];
        packet.get(HEADER, data, 0, data.length);
        if (!socket.offer(new Datagram(source, packet.u16(0), data))) {
            counters.count(Counter.UDP_QUEUE_FULL);
        }
    }

    /** Whether a datagram can be sent now without getting lost at once. */
    boolean hasRoom() {
        return room.getAsBoolean();
    }

    void send(int port, int destination, int remotePort, byte[] data, int start, int length) throws NetworkException {
        if (length + HEADER > ip.largestPayload()) {
            throw new NetworkException(
                    NetworkException.Reason.TOO_LONG,
                    "a datagram of " + length + " bytes does not fit; this interface takes "
                            + (ip.largestPayload() - HEADER));
        }
        Packet packet = Packet.copyOf(data, start, length);
        packet.addFront(HEADER);
        packet.put16(0, port);
        packet.put16(2, remotePort);
        packet.put16(4, packet.length());
        packet.put16(6, 0);
        int checksum = Checksum.withPseudoHeader(packet, ip.sourceFor(destination), destination, Ipv4.UDP);
        packet.put16(6, checksum == 0 ? 0xFFFF : checksum);
        if (!ip.send(packet, destination, Ipv4.UDP)) {
            throw new NetworkException(
                    NetworkException.Reason.UNREACHABLE,
                    "there is no way to " + Ipv4Address.format(destination)
                            + ": neither on our network nor is a gateway known");
        }
    }
}
