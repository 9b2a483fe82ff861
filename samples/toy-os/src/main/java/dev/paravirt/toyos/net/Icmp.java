// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Echo, both ways, and the news that a UDP port is not there (RFC 792). */
final class Icmp {
    private static final int HEADER = 8;
    private static final int ECHO_REPLY = 0;
    private static final int UNREACHABLE = 3;
    static final int PROTOCOL_UNREACHABLE = 2;
    static final int PORT_UNREACHABLE = 3;
    static final int FRAGMENTATION_NEEDED = 4;
    /** Of a quoted packet: its header, and at least so much of what follows. */
    private static final int QUOTED_PAYLOAD = 8;

    private static final int ECHO = 8;

    private final Ipv4 ip;
    private final LongSupplier clock;
    private final Counters counters;
    private final Map<Integer, Echo> waiting = new HashMap<>();
    private final Unreachable news;
    private int sequence;

    /** A question under way. */
    private static final class Echo {
        final int destination;
        final int length;
        final long sentAt;
        long roundTrip = -1;
        boolean unreachable;

        Echo(int destination, int length, long sentAt) {
            this.destination = destination;
            this.length = length;
            this.sentAt = sentAt;
        }
    }

    /** Is told what packets of ours did not arrive. */
    interface Unreachable {
        /**
         * @param quoted the first 8 bytes, or more, behind the packet's header
         * @param mtu that of the next hop if the packet was too large for it, 0 if it did not say
         */
        void unreachable(int source, int destination, int protocol, Packet quoted, int code, int mtu);
    }

    Icmp(Ipv4 ip, LongSupplier clock, Counters counters, Unreachable news) {
        this.news = news;
        this.ip = ip;
        this.clock = clock;
        this.counters = counters;
    }

    void receive(Packet packet, int source, int destination) {
        counters.count(Counter.ICMP_RECEIVED);
        if (packet.length() < HEADER || Checksum.of(packet, packet.length()) != 0) {
            counters.count(Counter.ICMP_MALFORMED);
            return;
        }
        switch (packet.u8(0)) {
            case ECHO -> answer(packet, source, destination);
            case ECHO_REPLY -> answered(packet, source);
            case UNREACHABLE -> unreachable(packet);
            default -> counters.count(Counter.ICMP_IGNORED);
        }
    }

    private void answer(Packet packet, int source, int destination) {
        if (!ip.isHost(source) || !ip.isHost(destination) || packet.length() > ip.largestPayload()) {
            counters.count(Counter.ICMP_IGNORED);
            return;
        }
        Packet reply = packet.copy();
        reply.put8(0, ECHO_REPLY);
        transmit(reply, source);
    }

    private void unreachable(Packet packet) {
        int code = packet.u8(1);
        int mtu = code == FRAGMENTATION_NEEDED ? packet.u16(6) : 0;
        packet.dropFront(HEADER);
        boolean whole = packet.length() >= Ipv4.HEADER
                && packet.u8(0) >>> 4 == 4
                && Ipv4.headerLength(packet) >= Ipv4.HEADER
                && packet.length() >= Ipv4.headerLength(packet) + QUOTED_PAYLOAD;
        if (!whole || Ipv4.source(packet) != ip.sourceFor(Ipv4.destination(packet))) {
            counters.count(Counter.ICMP_MALFORMED);
            return;
        }
        counters.count(Counter.ICMP_UNREACHABLE);
        int source = Ipv4.source(packet);
        int destination = Ipv4.destination(packet);
        int protocol = Ipv4.protocol(packet);
        packet.dropFront(Ipv4.headerLength(packet));
        if (protocol == Ipv4.ICMP) {
            Echo echo = waiting.get(packet.i32(4));
            if (echo != null && echo.destination == destination) {
                echo.unreachable = true;
            }
        } else {
            news.unreachable(source, destination, protocol, packet, code, mtu);
        }
    }

    private void answered(Packet packet, int source) {
        Echo echo = waiting.get(packet.i32(4));
        if (echo == null || echo.destination != source || echo.length != packet.length() - HEADER) {
            counters.count(Counter.ICMP_IGNORED);
        } else if (echo.roundTrip < 0) {
            echo.roundTrip = clock.getAsLong() - echo.sentAt;
        }
    }

    /** Tells the sender of a UDP packet, whose IPv4 header begins {@code headerLength} bytes before, that none listens. */
    void portUnreachable(Packet datagram, int headerLength, int source, int destination) {
        if (!ip.isHost(source) || !ip.isHost(destination)) {
            return;
        }
        int quoted = headerLength + HEADER;
        Packet packet = Packet.withPayload(HEADER + quoted);
        packet.put16(0, UNREACHABLE << 8 | PORT_UNREACHABLE);
        datagram.addFront(headerLength);
        packet.put(HEADER, datagram.array, datagram.start(), quoted);
        datagram.dropFront(headerLength);
        transmit(packet, source);
    }

    private void transmit(Packet packet, int destination) {
        packet.put16(2, 0);
        packet.put16(2, Checksum.of(packet, packet.length()));
        ip.send(packet, destination, Ipv4.ICMP);
    }

    /** Asks for an echo of {@code length} bytes; returns a ticket for {@link #roundTrip}, or -1 if there is no way. */
    long ask(int destination, int length) {
        int key = 0x5056_0000 | sequence++ & 0xFFFF;
        Packet packet = Packet.withPayload(HEADER + length);
        packet.put16(0, ECHO << 8);
        packet.put32(4, key);
        for (int i = 0; i < length; i++) {
            packet.put8(HEADER + i, i);
        }
        waiting.put(key, new Echo(destination, length, clock.getAsLong()));
        packet.put16(2, Checksum.of(packet, packet.length()));
        if (!ip.send(packet, destination, Ipv4.ICMP)) {
            waiting.remove(key);
            return -1;
        }
        return key;
    }

    /** Nanoseconds from question to answer, or -1 as long as there is none. */
    long roundTrip(long ticket) {
        Echo echo = waiting.get((int) ticket);
        return echo == null ? -1 : echo.roundTrip;
    }

    /** Whether the network said that the question does not get there. */
    boolean isUnreachable(long ticket) {
        Echo echo = waiting.get((int) ticket);
        return echo != null && echo.unreachable;
    }

    void forget(long ticket) {
        waiting.remove((int) ticket);
    }
}
