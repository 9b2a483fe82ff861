// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/**
 * Where the headers of a packet are, all in one number, so that to look for them costs no object. Offsets are from the
 * start of the frame. What is cut short, or too deep inside, is not there.
 */
final class PacketLayout {
    /** No IP packet. */
    static final long NONE = 0;

    static final int TCP = 6;
    static final int UDP = 17;

    static final int IPV4_HEADER = 20;
    static final int IPV4_LENGTH = 2;
    static final int IPV4_ID = 4;
    static final int IPV4_CHECKSUM = 10;
    static final int IPV4_ADDRESSES = 12;
    static final int IPV6_HEADER = 40;
    static final int IPV6_LENGTH = 4;
    static final int IPV6_SOURCE = 8;
    static final int IPV6_DESTINATION = 24;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV6_NEXT = 6;

    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int TYPE_SERVICE_VLAN = 0x88a8;
    private static final int TYPE_VLAN = 0x8100;
    private static final int MAX_TAGS = 2;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int MAX_EXTENSIONS = 8;
    private static final int ROUTING_TYPE_2 = 2;
    private static final int ROUTING_ADDRESS = 8;
    private static final int ROUTING_TYPE_2_SIZE = 24;
    private static final int OPTION_PAD_1 = 0;
    private static final int OPTION_HOME_ADDRESS = 201;
    private static final int ADDRESS_SIZE = 16;

    /** Headers end before this, or are not looked at. */
    private static final int DEEPEST = 1 << 10;

    // network:6, version:4, protocol:8, extensions:1, transport:10, home address:10, routing address:10
    private static final int VERSION_AT = 6;
    private static final int PROTOCOL_AT = 10;
    private static final int EXTENSIONS_AT = 18;
    private static final int TRANSPORT_AT = 19;
    private static final int HOME_AT = 29;
    private static final int ROUTE_AT = 39;

    private PacketLayout() {}

    /** Where the IP header is. */
    static int network(long layout) {
        return (int) layout & 0x3f;
    }

    /** 4, 6, or 0 if it is no IP packet. */
    static int version(long layout) {
        return (int) (layout >>> VERSION_AT) & 0xf;
    }

    /** {@link #TCP}, {@link #UDP} or another; with extension headers that of the last. */
    static int protocol(long layout) {
        return (int) (layout >>> PROTOCOL_AT) & 0xff;
    }

    /** Whether it is an IPv6 packet with extension headers. */
    static boolean hasExtensions(long layout) {
        return (layout >>> EXTENSIONS_AT & 1) != 0;
    }

    /** Where the header of a whole TCP segment or UDP datagram is, its ports at least; 0 for others, and fragments. */
    static int transport(long layout) {
        return (int) (layout >>> TRANSPORT_AT) & (DEEPEST - 1);
    }

    /** Where an address of 16 bytes is that stands for the source, or 0. */
    static int homeAddress(long layout) {
        return (int) (layout >>> HOME_AT) & (DEEPEST - 1);
    }

    /** Where an address of 16 bytes is that stands for the destination, or 0. */
    static int routingAddress(long layout) {
        return (int) (layout >>> ROUTE_AT) & (DEEPEST - 1);
    }

    /**
     * Looks for headers.
     *
     * @param start where the frame begins in the buffer, an index
     * @param length of the frame
     */
    static long of(ByteBuf frame, int start, int length) {
        int limit = Math.min(length, DEEPEST - 1);
        int at = Ethernet.HEADER;
        int tags = 0;
        if (limit < at) {
            return NONE;
        }
        int type = frame.getUnsignedShort(start + at - 2);
        while ((type == TYPE_VLAN || type == TYPE_SERVICE_VLAN) && tags++ < MAX_TAGS) {
            at += Ethernet.VLAN_TAG;
            if (limit < at) {
                return NONE;
            }
            type = frame.getUnsignedShort(start + at - 2);
        }
        return switch (type) {
            case TYPE_IPV4 -> ipv4(frame, start, at, limit);
            case TYPE_IPV6 -> ipv6(frame, start, at, limit);
            default -> NONE;
        };
    }

    private static long ipv4(ByteBuf frame, int start, int at, int limit) {
        if (limit - at < IPV4_HEADER) {
            return NONE;
        }
        int first = frame.getByte(start + at);
        int end = at + (first & 0xf) * 4;
        if ((first & 0xf0) != 0x40 || end < at + IPV4_HEADER) {
            return NONE;
        }
        int protocol = frame.getUnsignedByte(start + at + IPV4_PROTOCOL);
        // More fragments, or not the first.
        boolean whole = (frame.getUnsignedShort(start + at + IPV4_FRAGMENT) & 0x3fff) == 0;
        long layout = at | 4L << VERSION_AT | (long) protocol << PROTOCOL_AT;
        return whole ? layout | transport(protocol, end, limit) : layout;
    }

    private static long transport(int protocol, int at, int limit) {
        boolean there = (protocol == TCP || protocol == UDP) && at + Integer.BYTES <= limit;
        return there ? (long) at << TRANSPORT_AT : 0;
    }

    private static long ipv6(ByteBuf frame, int start, int network, int limit) {
        if (limit - network < IPV6_HEADER || (frame.getByte(start + network) & 0xf0) != 0x60) {
            return NONE;
        }
        long layout = network | 6L << VERSION_AT;
        int next = frame.getUnsignedByte(start + network + IPV6_NEXT);
        int at = network + IPV6_HEADER;
        int extensions = 0;
        while (isExtension(next) && at + 8 <= limit && extensions++ < MAX_EXTENSIONS) {
            layout |= 1L << EXTENSIONS_AT;
            if (next == FRAGMENT) {
                // What follows is a part of something.
                return layout | (long) frame.getUnsignedByte(start + at) << PROTOCOL_AT;
            }
            int end = at + (frame.getUnsignedByte(start + at + 1) + 1) * 8;
            if (end > limit) {
                return layout | (long) next << PROTOCOL_AT;
            }
            layout |= addresses(layout, frame, start, next, at, end);
            next = frame.getUnsignedByte(start + at);
            at = end;
        }
        return layout | (long) next << PROTOCOL_AT | transport(next, at, limit);
    }

    private static boolean isExtension(int next) {
        return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION_OPTIONS;
    }

    /** The first address of a mobile node of each kind, if this extension header holds it. */
    private static long addresses(long layout, ByteBuf frame, int start, int header, int at, int end) {
        if (header == ROUTING && routingAddress(layout) == 0) {
            boolean mobile = end - at == ROUTING_TYPE_2_SIZE && frame.getUnsignedByte(start + at + 2) == ROUTING_TYPE_2;
            return mobile ? (long) (at + ROUTING_ADDRESS) << ROUTE_AT : 0;
        }
        boolean wanted = header == DESTINATION_OPTIONS && homeAddress(layout) == 0;
        int option = at + 2;
        while (wanted && option + 2 <= end) {
            int type = frame.getUnsignedByte(start + option);
            int size = frame.getUnsignedByte(start + option + 1);
            if (type == OPTION_HOME_ADDRESS && size == ADDRESS_SIZE && option + 2 + size <= end) {
                return (long) (option + 2) << HOME_AT;
            }
            option += type == OPTION_PAD_1 ? 1 : 2 + size;
        }
        return 0;
    }
}
