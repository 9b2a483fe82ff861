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
    static final int OPTION_NOTHING = 1;
    static final int OPTION_MSS = 2;
    static final int OPTION_SCALE = 3;
    static final int OPTION_SELECTIVE = 4;
    static final int OPTION_BLOCKS = 5;
    private static final int LARGEST_SCALE = 14;
    private static final int MOST_BLOCKS = 4;
    private static final int[] NO_BLOCKS = {};

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
    /** Whether selective acknowledgments are understood. */
    boolean selective;
    /** How many ranges are acknowledged selectively, and which. */
    int blocks;

    int[] blockStarts = NO_BLOCKS;
    int[] blockEnds = NO_BLOCKS;

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
                || !packet.verified && Checksum.withPseudoHeader(packet, source, destination, Ipv4.TCP) != 0) {
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
            if (kind == OPTION_NOTHING) {
                at++;
                continue;
            }
            int length = at + 1 < end ? packet.u8(at + 1) : 0;
            if (length < 2 || at + length > end) {
                return false;
            }
            readOption(packet, kind, at + 2, length - 2);
            at += length;
        }
        return true;
    }

    private void readOption(Packet packet, int kind, int at, int length) {
        if (kind == OPTION_MSS && length == 2) {
            mss = packet.u16(at) == 0 ? DEFAULT_MSS : packet.u16(at);
        } else if (kind == OPTION_SCALE && length == 1) {
            scale = Math.min(packet.u8(at), LARGEST_SCALE);
        } else if (kind == OPTION_SELECTIVE && length == 0) {
            selective = true;
        } else if (kind == OPTION_BLOCKS && length % 8 == 0 && blocks == 0) {
            blocks = Math.min(length / 8, MOST_BLOCKS);
            blockStarts = new int[blocks];
            blockEnds = new int[blocks];
            for (int i = 0; i < blocks; i++) {
                blockStarts[i] = packet.i32(at + 8 * i);
                blockEnds[i] = packet.i32(at + 8 * i + 4);
            }
        }
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** How much of the sequence space it takes. */
    int length() {
        return payload.length() + (has(SYN) ? 1 : 0) + (has(FIN) ? 1 : 0);
    }
}
