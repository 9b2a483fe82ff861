// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The Internet checksum (RFC 1071). */
final class Checksum {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private Checksum() {}

    /** The sum over a part of a packet, to go on with or to {@link #finish}. */
    static long add(long sum, byte[] array, int start, int length) {
        int i = start;
        // Words of four bytes sum up to the same when their halves are folded together at the end.
        for (int last = start + (length & ~3); i < last; i += 4) {
            sum += (int) WORDS.get(array, i) & 0xFFFF_FFFFL;
        }
        int end = start + (length & ~1);
        for (; i < end; i += 2) {
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
        long sum = pseudoHeader(packet.length(), source, destination, protocol);
        return finish(add(sum, packet.array, packet.start(), packet.length()));
    }

    /** What a card goes on with that completes the checksum: the pseudo header's sum, not complemented. */
    static int ofPseudoHeader(int length, int source, int destination, int protocol) {
        return ~finish(pseudoHeader(length, source, destination, protocol)) & 0xFFFF;
    }

    private static long pseudoHeader(int length, int source, int destination, int protocol) {
        return (source >>> 16)
                + (source & 0xFFFF)
                + (destination >>> 16)
                + (destination & 0xFFFF)
                + protocol
                + (long) length;
    }
}
