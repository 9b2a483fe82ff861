// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/**
 * Cuts a large frame into segments, as a network card does: each has the headers of the whole with what differs put
 * right, and complete checksums. Of one thread.
 */
final class Segmentation {
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_FIN = 0x01;
    private static final int TCP_PSH = 0x08;
    private static final int TCP_CWR = 0x80;
    private static final int UDP_LENGTH = 4;
    private static final int ADDRESS_V6 = 16;

    private final OffloadHeader header;

    /** @param header of the frame to be cut, found to be sound */
    Segmentation(OffloadHeader header) {
        this.header = header;
    }

    /** How many segments there are, 1 at least. */
    int count(int length) {
        int payload = length - header.headerLength();
        return Math.max(1, (payload + header.segmentSize() - 1) / header.segmentSize());
    }

    /**
     * Appends one segment to a buffer.
     *
     * @param large the frame
     * @param start its index
     * @param length its length
     * @param number of the segment, 0 to {@code count(length) - 1}
     */
    void write(ByteBuf large, int start, int length, int number, ByteBuf segment) {
        int headers = header.headerLength();
        int from = number * header.segmentSize();
        int payload = Math.min(header.segmentSize(), length - headers - from);
        boolean last = from + payload == length - headers;
        int at = segment.writerIndex();
        segment.writeBytes(large, start, headers);
        segment.writeBytes(large, start + headers + from, payload);
        int transport = PacketLayout.transport(header.layout());
        boolean tcp = PacketLayout.protocol(header.layout()) == PacketLayout.TCP;
        if (tcp) {
            fixTcp(segment, at + transport, from, number == 0, last);
        } else {
            segment.setShort(at + transport + UDP_LENGTH, OffloadHeader.UDP_HEADER + payload);
        }
        int rest = headers - transport + payload;
        long pseudo = fixNetwork(segment, at, number, transport + rest) + PacketLayout.protocol(header.layout()) + rest;
        int checksum = at + transport + (tcp ? OffloadHeader.TCP_CHECKSUM : OffloadHeader.UDP_CHECKSUM);
        segment.setShort(checksum, 0);
        segment.setShort(checksum, Checksum.of(pseudo + Checksum.sum(segment, at + transport, rest)));
    }

    private static void fixTcp(ByteBuf segment, int at, int from, boolean first, boolean last) {
        segment.setInt(at + TCP_SEQUENCE, segment.getInt(at + TCP_SEQUENCE) + from);
        int cleared = (first ? 0 : TCP_CWR) | (last ? 0 : TCP_FIN | TCP_PSH);
        segment.setByte(at + TCP_FLAGS, segment.getByte(at + TCP_FLAGS) & ~cleared);
    }

    /** Puts the IP header right; returns the sum of the addresses. */
    private long fixNetwork(ByteBuf segment, int start, int number, int length) {
        long layout = header.layout();
        int network = PacketLayout.network(layout);
        int at = start + network;
        if (PacketLayout.version(layout) == 4) {
            segment.setShort(at + PacketLayout.IPV4_LENGTH, length - network);
            segment.setShort(at + PacketLayout.IPV4_ID, segment.getUnsignedShort(at + PacketLayout.IPV4_ID) + number);
            segment.setShort(at + PacketLayout.IPV4_CHECKSUM, 0);
            int size = PacketLayout.transport(layout) - network;
            segment.setShort(at + PacketLayout.IPV4_CHECKSUM, Checksum.of(Checksum.sum(segment, at, size)));
            return Checksum.sum(segment, at + PacketLayout.IPV4_ADDRESSES, 2 * Integer.BYTES);
        }
        segment.setShort(at + PacketLayout.IPV6_LENGTH, length - network - PacketLayout.IPV6_HEADER);
        // With mobile nodes it is the addresses in extension headers that count.
        int home = PacketLayout.homeAddress(layout);
        int route = PacketLayout.routingAddress(layout);
        int source = home == 0 ? at + PacketLayout.IPV6_SOURCE : start + home;
        int destination = route == 0 ? at + PacketLayout.IPV6_DESTINATION : start + route;
        return Checksum.sum(segment, source, ADDRESS_V6) + Checksum.sum(segment, destination, ADDRESS_V6);
    }
}
