// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** The Internet checksum (RFC 1071). */
final class Checksum {
    private Checksum() {}

    /** The sum over a part of a packet, to go on with or to {@link #finish}. */
    static long add(long sum, byte[] array, int start, int length) {
        int end = start + (length & ~1);
        for (int i = start; i < end; i += 2) {
            sum += (array[i] & 0xFF) << 8 | array[i + 1] & 0xFF;
        }
        return (length & 1) == 0 ? sum : sum + ((array[end] & 0xFF) << 8);
    }

    static int finish(long sum) {
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) ~sum & 0xFFFF;
    }

    static int of(Packet packet, int length) {
        return finish(add(0, packet.array, packet.start(), length));
    }

    /** Of a UDP or TCP packet with the pseudo header of IPv4 before it. 0 over a packet that holds its right checksum. */
    static int withPseudoHeader(Packet packet, int source, int destination, int protocol) {
        long sum = (source >>> 16) + (source & 0xFFFF) + (destination >>> 16) + (destination & 0xFFFF);
        sum += protocol + packet.length();
        return finish(add(sum, packet.array, packet.start(), packet.length()));
    }
}
