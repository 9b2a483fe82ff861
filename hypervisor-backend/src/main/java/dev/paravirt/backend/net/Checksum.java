// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/** The checksum of IP, TCP and UDP (RFC 1071). */
final class Checksum {
    private Checksum() {}

    /** Sum of big-endian 16-bit words, not folded: sums of a few parts, all but the last of even length, can be added. */
    static long sum(ByteBuf bytes, int from, int length) {
        long sum = 0;
        int at = from;
        int end = from + length;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            long word = bytes.getLong(at);
            sum += (word >>> 32) + (word & 0xffff_ffffL);
        }
        for (; at + Short.BYTES <= end; at += Short.BYTES) {
            sum += bytes.getUnsignedShort(at);
        }
        return at < end ? sum + (bytes.getUnsignedByte(at) << Byte.SIZE) : sum;
    }

    /**
     * The checksum that belongs to a sum. Never 0, which UDP takes for none; 0xffff is the same number to all.
     *
     * @return 1 to 0xffff
     */
    static int of(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        int checksum = (int) ~folded & 0xffff;
        return checksum == 0 ? 0xffff : checksum;
    }
}
