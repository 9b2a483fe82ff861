// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** The header of a segment that is sent. One object serves one connection, segment after segment. */
final class TcpHeader {
    /** As many as fit beside nothing else. */
    static final int MAX_BLOCKS = 4;

    private static final int BLOCK = 8;
    private static final int CHECKSUM = 16;

    int sequence;
    int acknowledgment;
    int flags;
    int window;
    /** With SYN: how far the windows are to be shifted, or {@link TcpSegment#NO_SCALE}. */
    int scale = TcpSegment.NO_SCALE;
    /** With SYN: whether selective acknowledgments are understood. */
    boolean selective;

    int blocks;
    private final int[] blockStarts = new int[MAX_BLOCKS];
    private final int[] blockEnds = new int[MAX_BLOCKS];

    void addBlock(int start, int end) {
        blockStarts[blocks] = start;
        blockEnds[blocks] = end;
        blocks++;
    }

    private int size() {
        if ((flags & TcpSegment.SYN) == 0) {
            return TcpSegment.HEADER + (blocks == 0 ? 0 : 4 + BLOCK * blocks);
        }
        return TcpSegment.HEADER + 4 + (scale == TcpSegment.NO_SCALE ? 0 : 4) + (selective ? 4 : 0);
    }

    /**
     * Goes before a payload.
     *
     * @param cardSums whether the card completes the checksum
     * @param segment most bytes of payload of a segment: the card cuts what is longer
     */
    void put(Packet packet, TcpPath path, boolean cardSums, int segment) {
        int size = size();
        int payload = packet.length();
        packet.addFront(size);
        packet.put16(0, path.localPort());
        packet.put16(2, path.remotePort());
        packet.put32(4, sequence);
        packet.put32(8, acknowledgment);
        packet.put16(12, size / 4 << 12 | flags);
        packet.put16(14, window);
        packet.put32(CHECKSUM, 0);
        putOptions(packet, path.mss());
        if (cardSums) {
            int sum = Checksum.ofPseudoHeader(packet.length(), path.localAddress(), path.remoteAddress(), Ipv4.TCP);
            packet.put16(CHECKSUM, sum);
            packet.leaveToCard(CHECKSUM, payload > segment ? size : 0, payload > segment ? segment : 0);
        } else {
            int sum = Checksum.withPseudoHeader(packet, path.localAddress(), path.remoteAddress(), Ipv4.TCP);
            packet.put16(CHECKSUM, sum);
        }
    }

    private void putOptions(Packet packet, int mss) {
        int at = TcpSegment.HEADER;
        if ((flags & TcpSegment.SYN) != 0) {
            packet.put32(at, TcpSegment.OPTION_MSS << 24 | 4 << 16 | mss);
            at += 4;
            if (scale != TcpSegment.NO_SCALE) {
                packet.put32(at, TcpSegment.OPTION_NOTHING << 24 | TcpSegment.OPTION_SCALE << 16 | 3 << 8 | scale);
                at += 4;
            }
            if (selective) {
                int nothing = TcpSegment.OPTION_NOTHING << 24 | TcpSegment.OPTION_NOTHING << 16;
                packet.put32(at, nothing | TcpSegment.OPTION_SELECTIVE << 8 | 2);
            }
        } else if (blocks > 0) {
            int nothing = TcpSegment.OPTION_NOTHING << 24 | TcpSegment.OPTION_NOTHING << 16;
            packet.put32(at, nothing | TcpSegment.OPTION_BLOCKS << 8 | 2 + BLOCK * blocks);
            for (int i = 0; i < blocks; i++) {
                packet.put32(at + 4 + BLOCK * i, blockStarts[i]);
                packet.put32(at + 8 + BLOCK * i, blockEnds[i]);
            }
        }
    }
}
