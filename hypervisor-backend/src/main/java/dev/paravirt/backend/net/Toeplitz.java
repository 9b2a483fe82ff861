// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/**
 * The Toeplitz hash with one key: for each bit of the input that is set, the 32 bits of the key from that bit on, all of
 * them combined by exclusive or. What four bits contribute is looked up. Immutable.
 */
final class Toeplitz {
    /** Two IPv6 addresses and two ports. */
    static final int MAX_INPUT = 36;

    private static final int NIBBLES_PER_BYTE = 2;
    private static final int VALUES = 16;

    /** By nibble of the input, the upper of a byte first, and its value. */
    private final int[] contributions = new int[MAX_INPUT * NIBBLES_PER_BYTE * VALUES];

    /** @param key of any length; what it has too few of are zeros, what it has too many of is not used */
    Toeplitz(byte[] key) {
        for (int nibble = 0; nibble < MAX_INPUT * NIBBLES_PER_BYTE; nibble++) {
            for (int value = 0; value < VALUES; value++) {
                int all = 0;
                for (int bit = 0; bit < 4; bit++) {
                    all ^= (value & 8 >> bit) != 0 ? window(key, 4 * nibble + bit) : 0;
                }
                contributions[nibble * VALUES + value] = all;
            }
        }
    }

    /** 32 bits of the key from a bit on. */
    private static int window(byte[] key, int from) {
        long bytes = 0;
        for (int i = 0; i < 5; i++) {
            int at = from / 8 + i;
            bytes = bytes << 8 | (at < key.length ? key[at] & 0xff : 0);
        }
        return (int) (bytes >>> (8 - from % 8));
    }

    /**
     * Adds a part of the input to a hash.
     *
     * @param hash of what comes before it; 0 at first
     * @param position where in the input the part is, in bytes
     * @param from index of its first byte
     * @param length bytes, a multiple of 4; the input is at most {@link #MAX_INPUT} long
     */
    int add(int hash, int position, ByteBuf frame, int from, int length) {
        int result = hash;
        int at = position * NIBBLES_PER_BYTE * VALUES;
        for (int i = 0; i < length; i += Integer.BYTES) {
            int word = frame.getInt(from + i);
            for (int shift = 28; shift >= 0; shift -= 4) {
                result ^= contributions[at + (word >>> shift & 0xf)];
                at += VALUES;
            }
        }
        return result;
    }
}
