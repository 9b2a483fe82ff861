// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;

/**
 * What a frame's struct virtio_net_hdr asks for: to complete a checksum, to cut the frame into segments. It was written
 * by a driver or by another network and is believed only as far as the frame bears it out. One is used again and again
 * by one thread.
 */
final class OffloadHeader {
    /** The longest IP packet, an IPv6 one, in its frame. */
    static final int MAX_FRAME = Ethernet.HEADER + Ethernet.VLAN_TAG + PacketLayout.IPV6_HEADER + 65535;

    private static final int TCP_HEADER = 20;
    private static final int TCP_DATA_OFFSET = 12;
    static final int TCP_CHECKSUM = 16;
    static final int UDP_HEADER = 8;
    static final int UDP_CHECKSUM = 6;

    /** More than any network needs, few enough not to hold others up. */
    private static final int MAX_SEGMENTS = 2048;

    private int flags;
    private int gsoType;
    private int gsoSize;
    private int csumStart;
    private int csumOffset;
    private int headerLength;
    private long layout;

    /** Whether a header asks for anything, given its first bytes as a little-endian number. */
    static boolean asks(long start) {
        return (start & (NetHeader.F_NEEDS_CSUM | 0xff00)) != 0;
    }

    /**
     * Takes over a header.
     *
     * @param start its first eight bytes, flags to csum_start, as a little-endian number
     * @param offset csum_offset
     */
    void set(long start, int offset) {
        flags = (int) start & NetHeader.F_NEEDS_CSUM;
        gsoType = (int) (start >>> 8 * NetHeader.GSO_TYPE) & 0xff;
        gsoSize = (int) (start >>> 8 * NetHeader.GSO_SIZE) & 0xffff;
        csumStart = (int) (start >>> 8 * NetHeader.CSUM_START) & 0xffff;
        csumOffset = offset;
        headerLength = 0;
        layout = PacketLayout.NONE;
    }

    /** Whether the frame is to be cut into segments, and not just to get its checksum. */
    boolean isLarge() {
        return gsoType != NetHeader.GSO_NONE;
    }

    /** Bytes of payload in each segment but the last. */
    int segmentSize() {
        return gsoSize;
    }

    /** Bytes of all headers of a large frame, which each segment repeats; after {@link #isSound}. */
    int headerLength() {
        return headerLength;
    }

    /** The layout of a large frame; after {@link #isSound}. */
    long layout() {
        return layout;
    }

    /** Whether it asks for no more than features allow that a device offers, CSUM and HOST_ ones. */
    boolean isAllowedFromDriver(FeatureBits features) {
        if (!features.has(NetFeatures.CSUM)) {
            return false;
        }
        boolean ecn = (gsoType & NetHeader.GSO_ECN) == 0 || features.has(NetFeatures.HOST_ECN);
        return switch (gsoType & ~NetHeader.GSO_ECN) {
            case NetHeader.GSO_NONE -> gsoType == NetHeader.GSO_NONE;
            case NetHeader.GSO_TCPV4 -> ecn && features.has(NetFeatures.HOST_TSO4);
            case NetHeader.GSO_TCPV6 -> ecn && features.has(NetFeatures.HOST_TSO6);
            case NetHeader.GSO_UDP_L4 -> gsoType == NetHeader.GSO_UDP_L4 && features.has(NetFeatures.HOST_USO);
            default -> false;
        };
    }

    /** Whether it asks for no more than a driver takes that has these GUEST_ features; after {@link #isSound}. */
    boolean isAllowedToDriver(FeatureBits features) {
        if (!features.has(NetFeatures.GUEST_CSUM)) {
            return false;
        }
        boolean ecn = (gsoType & NetHeader.GSO_ECN) == 0 || features.has(NetFeatures.GUEST_ECN);
        return switch (gsoType & ~NetHeader.GSO_ECN) {
            case NetHeader.GSO_TCPV4 -> ecn && features.has(NetFeatures.GUEST_TSO4);
            case NetHeader.GSO_TCPV6 -> ecn && features.has(NetFeatures.GUEST_TSO6);
            case NetHeader.GSO_UDP_L4 ->
                features.has(PacketLayout.version(layout) == 4 ? NetFeatures.GUEST_USO4 : NetFeatures.GUEST_USO6);
            default -> true;
        };
    }

    /**
     * Whether the frame is what the header says: all that is asked for can be done within it.
     *
     * @param start index of the frame
     * @param maxFrame bytes of the longest frame, and so of a segment
     */
    boolean isSound(ByteBuf frame, int start, int length, int maxFrame) {
        boolean checksum = (flags & NetHeader.F_NEEDS_CSUM) != 0;
        if (checksum && (csumStart < Ethernet.HEADER || csumStart + csumOffset + Short.BYTES > length)) {
            return false;
        }
        if (!isLarge()) {
            return checksum && length >= Ethernet.HEADER && length <= maxFrame;
        }
        layout = PacketLayout.of(frame, start, length);
        int transport = PacketLayout.transport(layout);
        int header = transportHeader(frame, start + transport, length - transport);
        int payload = length - transport - header;
        if (!checksum || length > MAX_FRAME || transport == 0 || header == 0 || payload < 0 || gsoSize == 0) {
            return false;
        }
        headerLength = transport + header;
        return csumStart == transport
                && csumOffset == (PacketLayout.protocol(layout) == PacketLayout.TCP ? TCP_CHECKSUM : UDP_CHECKSUM)
                && headerLength + Math.min(payload, gsoSize) <= maxFrame
                && payload <= (long) gsoSize * MAX_SEGMENTS;
    }

    /** Bytes of the TCP or UDP header, 0 if it is not there or not the one that is to be cut. */
    private int transportHeader(ByteBuf frame, int index, int room) {
        return switch (gsoType & ~NetHeader.GSO_ECN) {
            case NetHeader.GSO_TCPV4 -> tcpHeader(4, frame, index, room);
            case NetHeader.GSO_TCPV6 -> tcpHeader(6, frame, index, room);
            case NetHeader.GSO_UDP_L4 -> udpHeader(room);
            default -> 0;
        };
    }

    private int tcpHeader(int version, ByteBuf frame, int index, int room) {
        if (PacketLayout.version(layout) != version
                || PacketLayout.protocol(layout) != PacketLayout.TCP
                || room < TCP_HEADER) {
            return 0;
        }
        int size = (frame.getByte(index + TCP_DATA_OFFSET) >>> 4 & 0xf) * Integer.BYTES;
        return size >= TCP_HEADER ? size : 0;
    }

    private int udpHeader(int room) {
        boolean there = PacketLayout.protocol(layout) == PacketLayout.UDP && room >= UDP_HEADER;
        return there && gsoType == NetHeader.GSO_UDP_L4 ? UDP_HEADER : 0;
    }

    /** Completes the checksum of a frame that is not large; after {@link #isSound}. */
    void complete(ByteBuf frame, int start, int length) {
        // The sum of the pseudo header is where the checksum goes.
        long sum = Checksum.sum(frame, start + csumStart, length - csumStart);
        frame.setShort(start + csumStart + csumOffset, Checksum.of(sum));
    }

    /** The first eight bytes of the header, with nothing in them that was not checked; after {@link #isSound}. */
    long start() {
        return flags
                | (long) gsoType << 8 * NetHeader.GSO_TYPE
                | (long) headerLength << 8 * NetHeader.HDR_LEN
                | (isLarge() ? (long) gsoSize : 0) << 8 * NetHeader.GSO_SIZE
                | (long) csumStart << 8 * NetHeader.CSUM_START;
    }

    int csumOffset() {
        return csumOffset;
    }

    /** Puts the header before a frame; after {@link #isSound}. */
    void write(ByteBuf frame, int index) {
        frame.setLongLE(index, start());
        frame.setIntLE(index + NetHeader.CSUM_OFFSET, csumOffset);
    }
}
