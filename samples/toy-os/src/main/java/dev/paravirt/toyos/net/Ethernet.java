// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** Frames: who they are for and what they carry. */
final class Ethernet {
    static final int HEADER = 14;
    static final int IPV4 = 0x0800;
    static final int ARP = 0x0806;
    static final long BROADCAST = 0xFFFF_FFFF_FFFFL;
    private static final int SHORTEST_FRAME = 60;

    private final NetworkInterface link;
    private final Counters counters;

    Ethernet(NetworkInterface link, Counters counters) {
        this.link = link;
        this.counters = counters;
    }

    /** Takes the header off. Returns the type of what remains, or -1 if it is not for us. */
    int receive(Packet frame) {
        counters.count(Counter.FRAMES_RECEIVED);
        counters.count(Counter.BYTES_RECEIVED, frame.length());
        if (frame.length() < HEADER) {
            counters.count(Counter.ETHERNET_MALFORMED);
            return -1;
        }
        long destination = frame.u48(0);
        if (destination != link.mac() && destination != BROADCAST) {
            counters.count(Counter.ETHERNET_NOT_FOR_US);
            return -1;
        }
        int type = frame.u16(12);
        frame.dropFront(HEADER);
        if (type != IPV4 && type != ARP) {
            counters.count(Counter.ETHERNET_UNKNOWN_TYPE);
            return -1;
        }
        return type;
    }

    void send(Packet packet, long destination, int type) {
        packet.addFront(HEADER);
        packet.put48(0, destination);
        packet.put48(6, link.mac());
        packet.put16(12, type);
        boolean sent;
        if (packet.length() < SHORTEST_FRAME && !packet.isUnfinished()) {
            byte[] padded = new byte[SHORTEST_FRAME];
            packet.get(0, padded, 0, packet.length());
            sent = link.send(padded, 0, padded.length);
        } else {
            sent = packet.sendTo(link);
        }
        if (sent) {
            counters.count(Counter.FRAMES_SENT);
            counters.count(Counter.BYTES_SENT, packet.length());
        } else {
            counters.count(Counter.FRAMES_REFUSED);
        }
    }
}
