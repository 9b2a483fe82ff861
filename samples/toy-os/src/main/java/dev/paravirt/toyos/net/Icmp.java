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
    private static final int PORT_UNREACHABLE = 3;
    private static final int ECHO = 8;

    private final Ipv4 ip;
    private final LongSupplier clock;
    private final Counters counters;
    private final Map<Integer, Echo> waiting = new HashMap<>();
    private int sequence;

    /** A question under way. */
    private static final class Echo {
        final int destination;
        final int length;
        final long sentAt;
        long roundTrip = -1;

        Echo(int destination, int length, long sentAt) {
            this.destination = destination;
            this.length = length;
            this.sentAt = sentAt;
        }
    }

    Icmp(Ipv4 ip, LongSupplier clock, Counters counters) {
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

    void forget(long ticket) {
        waiting.remove((int) ticket);
    }
}
