// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import java.nio.ByteBuffer;

/** Packets of IPv4 from a station to itself, so that the way back is the same flow. */
final class Packets {
    static final int ETHERNET = 14;
    static final int IP = 20;
    static final int TCP = 20;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int ADDRESS = 0x0a000001;
    private static final int IP_CHECKSUM = 10;

    private Packets() {}

    private static ByteBuffer packet(byte[] bytes, byte[] to, byte[] from, int protocol) {
        int length = bytes.length;
        ByteBuffer packet = ByteBuffer.wrap(bytes).put(to).put(from).putShort((short) TYPE_IPV4);
        packet.put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) (length - ETHERNET))
                .putInt(0);
        packet.put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0)
                .putInt(ADDRESS)
                .putInt(ADDRESS);
        packet.putShort(ETHERNET + IP_CHECKSUM, (short) ~sum(bytes, ETHERNET, IP, 0));
        return packet;
    }

    /** A datagram without checksum from a port to itself, that carries a number. */
    static byte[] datagram(byte[] to, byte[] from, int port, int number) {
        byte[] bytes = new byte[60];
        ByteBuffer packet = packet(bytes, to, from, PROTOCOL_UDP);
        packet.putShort((short) port)
                .putShort((short) port)
                .putShort((short) (60 - ETHERNET - IP))
                .putShort((short) 0);
        packet.putInt(number);
        return bytes;
    }

    /** The number in a datagram. */
    static int number(byte[] datagram) {
        return ByteBuffer.wrap(datagram).getInt(ETHERNET + IP + 8);
    }

    /** A TCP segment of so many bytes in all, in whose checksum field is the sum of the pseudo-header. */
    static byte[] segment(byte[] to, byte[] from, int port, int length) {
        byte[] bytes = new byte[length];
        ByteBuffer packet = packet(bytes, to, from, PROTOCOL_TCP);
        packet.putShort((short) port).putShort((short) port).putInt(1000).putInt(0);
        packet.put((byte) 0x50).put((byte) 0x10).putShort((short) 512);
        packet.putShort((short) pseudo(length)).putShort((short) 0);
        while (packet.hasRemaining()) {
            packet.put((byte) packet.position());
        }
        return bytes;
    }

    private static int pseudo(int length) {
        return fold(2 * ((ADDRESS >>> 16) + (ADDRESS & 0xffff)) + PROTOCOL_TCP + length - ETHERNET - IP);
    }

    /** Whether the TCP checksum in a segment is right. */
    static boolean isChecksumRight(byte[] segment) {
        int start = ETHERNET + IP;
        return sum(segment, start, segment.length - start, pseudo(segment.length)) == 0xffff;
    }

    static int sequence(byte[] segment) {
        return ByteBuffer.wrap(segment).getInt(ETHERNET + IP + 4);
    }

    private static int sum(byte[] bytes, int start, int length, int initial) {
        int sum = initial;
        for (int i = 0; i < length; i++) {
            sum += (bytes[start + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
            sum = fold(sum);
        }
        return sum;
    }

    private static int fold(int sum) {
        int folded = (sum & 0xffff) + (sum >>> 16);
        return (folded & 0xffff) + (folded >>> 16);
    }
}
