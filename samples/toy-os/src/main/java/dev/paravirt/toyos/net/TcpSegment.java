// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import org.jspecify.annotations.Nullable;

/** The header of a segment, read once and checked. */
final class TcpSegment {
    static final int HEADER = 20;
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;
    static final int DEFAULT_MSS = 536;
    static final int NO_SCALE = -1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_SCALE = 3;
    private static final int LARGEST_SCALE = 14;

    final int sourcePort;
    final int destinationPort;
    final int sequence;
    final int acknowledgment;
    final int flags;
    final int window;
    /** The payload. */
    final Packet payload;

    int mss = DEFAULT_MSS;
    int scale = NO_SCALE;

    private TcpSegment(Packet packet) {
        sourcePort = packet.u16(0);
        destinationPort = packet.u16(2);
        sequence = packet.i32(4);
        acknowledgment = packet.i32(8);
        flags = packet.u8(13);
        window = packet.u16(14);
        payload = packet;
    }

    /** Takes the header off; null if the packet is malformed. */
    static @Nullable TcpSegment parse(Packet packet, int source, int destination) {
        if (packet.length() < HEADER) {
            return null;
        }
        int header = (packet.u8(12) >>> 4) * 4;
        if (header < HEADER
                || header > packet.length()
                || Checksum.withPseudoHeader(packet, source, destination, Ipv4.TCP) != 0) {
            return null;
        }
        TcpSegment segment = new TcpSegment(packet);
        if (!segment.readOptions(packet, header)) {
            return null;
        }
        packet.dropFront(header);
        return segment;
    }

    private boolean readOptions(Packet packet, int end) {
        int at = HEADER;
        while (at < end) {
            int kind = packet.u8(at);
            if (kind == 0) {
                return true;
            }
            if (kind == 1) {
                at++;
                continue;
            }
            int length = at + 1 < end ? packet.u8(at + 1) : 0;
            if (length < 2 || at + length > end) {
                return false;
            }
            if (kind == OPTION_MSS && length == 4) {
                mss = packet.u16(at + 2) == 0 ? DEFAULT_MSS : packet.u16(at + 2);
            } else if (kind == OPTION_SCALE && length == 3) {
                scale = Math.min(packet.u8(at + 2), LARGEST_SCALE);
            }
            at += length;
        }
        return true;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** How much of the sequence space it takes. */
    int length() {
        return payload.length() + (has(SYN) ? 1 : 0) + (has(FIN) ? 1 : 0);
    }

    /** Puts a header before a payload, with MSS and window scale if it is a SYN, and the checksum. */
    static void build(Packet packet, TcpPath path, int sequence, int acknowledgment, int flags, int window, int scale) {
        boolean syn = (flags & SYN) != 0;
        int header = HEADER + (syn ? 4 : 0) + (syn && scale != NO_SCALE ? 4 : 0);
        packet.addFront(header);
        packet.put16(0, path.localPort());
        packet.put16(2, path.remotePort());
        packet.put32(4, sequence);
        packet.put32(8, acknowledgment);
        packet.put16(12, header / 4 << 12 | flags);
        packet.put16(14, window);
        packet.put32(16, 0);
        if (syn) {
            packet.put32(HEADER, OPTION_MSS << 24 | 4 << 16 | path.mss());
        }
        if (header == HEADER + 8) {
            packet.put32(HEADER + 4, 1 << 24 | OPTION_SCALE << 16 | 3 << 8 | scale);
        }
        packet.put16(16, Checksum.withPseudoHeader(packet, path.localAddress(), path.remoteAddress(), Ipv4.TCP));
    }
}
