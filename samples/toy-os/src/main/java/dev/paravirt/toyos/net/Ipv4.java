// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Packets between hosts (RFC 791), without fragments: what we send fits the interface and says so, and fragments that
 * come are counted and dropped.
 */
final class Ipv4 {
    static final int HEADER = 20;
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int MORE_OR_OFFSET = 0x3FFF;
    private static final int TIME_TO_LIVE = 64;
    private static final int MAX_LOOPED = 256;

    private final Arp arp;
    private final Counters counters;
    private final int mtu;
    /** What we sent to ourselves. */
    private final Queue<Packet> looped = new ArrayDeque<>();

    Configuration configuration = Configuration.NONE;
    private int identification;

    Ipv4(Arp arp, int mtu, Counters counters) {
        this.arp = arp;
        this.mtu = mtu;
        this.counters = counters;
    }

    int largestPayload() {
        return mtu - HEADER;
    }

    int address() {
        return configuration.address();
    }

    /** The address we would send from: our own, or the loopback's. */
    int sourceFor(int destination) {
        return Ipv4Address.isLoopback(destination) ? destination : configuration.address();
    }

    /** Whether an address can be that of one host, and so answered to. */
    boolean isHost(int other) {
        return other != 0 && !Ipv4Address.isMulticast(other) && !configuration.isBroadcast(other);
    }

    /** Checks the header; cuts the packet to its length but leaves the header on. Counts and returns false if bad. */
    boolean check(Packet packet, boolean fromLink) {
        counters.count(Counter.IP_RECEIVED);
        if (packet.length() < HEADER || packet.u8(0) >>> 4 != 4) {
            return drop(Counter.IP_MALFORMED);
        }
        int header = headerLength(packet);
        int total = packet.u16(2);
        if (header < HEADER || total < header || total > packet.length()) {
            return drop(Counter.IP_MALFORMED);
        }
        if (Checksum.of(packet, header) != 0) {
            return drop(Counter.IP_BAD_CHECKSUM);
        }
        if ((packet.u16(6) & MORE_OR_OFFSET) != 0) {
            return drop(Counter.IP_FRAGMENT);
        }
        packet.truncate(total);
        boolean spoofed =
                fromLink && (Ipv4Address.isLoopback(source(packet)) || address() != 0 && source(packet) == address());
        if (spoofed || !isForUs(destination(packet), fromLink)) {
            return drop(Counter.IP_NOT_FOR_US);
        }
        return true;
    }

    private boolean isForUs(int destination, boolean fromLink) {
        if (Ipv4Address.isLoopback(destination)) {
            return !fromLink;
        }
        // A DHCP server may answer to the address that it is about to give.
        return address() == 0 || destination == address() || configuration.isBroadcast(destination);
    }

    private boolean drop(Counter why) {
        counters.count(why);
        return false;
    }

    static int headerLength(Packet packet) {
        return (packet.u8(0) & 0xF) * 4;
    }

    static int protocol(Packet packet) {
        return packet.u8(9);
    }

    static int source(Packet packet) {
        return packet.i32(12);
    }

    static int destination(Packet packet) {
        return packet.i32(16);
    }

    /** Sends a payload from our address; false if there is no way to the destination. */
    boolean send(Packet packet, int destination, int protocol) {
        packet.addFront(HEADER);
        packet.put16(0, 0x4500);
        packet.put16(2, packet.length());
        packet.put16(4, identification++);
        packet.put16(6, DONT_FRAGMENT);
        packet.put16(8, TIME_TO_LIVE << 8 | protocol);
        packet.put16(10, 0);
        packet.put32(12, sourceFor(destination));
        packet.put32(16, destination);
        packet.put16(10, Checksum.of(packet, HEADER));
        return route(packet, destination);
    }

    /** Whether a host's address is ours, on our network, or behind a gateway. */
    boolean hasRoute(int destination) {
        if (Ipv4Address.isLoopback(destination)) {
            return true;
        }
        return address() != 0 && (configuration.onLink(destination) || configuration.gateway() != 0);
    }

    private boolean route(Packet packet, int destination) {
        if (Ipv4Address.isLoopback(destination) || address() != 0 && destination == address()) {
            return looped.size() < MAX_LOOPED && looped.add(packet);
        }
        if (configuration.isBroadcast(destination)) {
            arp.broadcast(packet);
            return true;
        }
        if (address() == 0 || destination == 0 || Ipv4Address.isMulticast(destination)) {
            return drop(Counter.IP_NO_ROUTE);
        }
        int nextHop = configuration.onLink(destination) ? destination : configuration.gateway();
        if (nextHop == 0) {
            return drop(Counter.IP_NO_ROUTE);
        }
        arp.send(packet, nextHop);
        return true;
    }

    boolean hasLooped() {
        return !looped.isEmpty();
    }

    /** The next packet that we sent to ourselves; call only after {@link #hasLooped}. */
    Packet takeLooped() {
        return looped.remove();
    }
}
