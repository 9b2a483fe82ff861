// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Bytes that follow from a seed, which is their first eight (or as many as there are). */
public final class Pattern {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int WIDTH = Long.BYTES;

    private Pattern() {}

    /** A number that looks unrelated to its argument. */
    public static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Writes the first {@code length} bytes that follow from a seed. */
    public static void fill(byte[] bytes, int length, long seed) {
        for (int at = 0; at < length; at += WIDTH) {
            long word = at == 0 ? seed : mix(seed + at);
            if (length - at >= WIDTH) {
                LONG.set(bytes, at, word);
            } else {
                for (int i = at; i < length; i++) {
                    bytes[i] = (byte) (word >>> 8 * (i - at));
                }
            }
        }
    }

    /** Whether the bytes follow from those at their start; up to eight always do. */
    public static boolean holds(byte[] bytes, int length) {
        if (length <= WIDTH) {
            return true;
        }
        long seed = (long) LONG.get(bytes, 0);
        return follows(bytes, length, seed);
    }

    /** Whether the bytes follow from a seed. */
    public static boolean follows(byte[] bytes, int length, long seed) {
        for (int at = 0; at < length; at += WIDTH) {
            long word = at == 0 ? seed : mix(seed + at);
            if (length - at >= WIDTH) {
                if ((long) LONG.get(bytes, at) != word) {
                    return false;
                }
            } else if (!tailFollows(bytes, at, length, word)) {
                return false;
            }
        }
        return true;
    }

    private static boolean tailFollows(byte[] bytes, int at, int length, long word) {
        for (int i = at; i < length; i++) {
            if (bytes[i] != (byte) (word >>> 8 * (i - at))) {
                return false;
            }
        }
        return true;
    }

    /** A checksum of bytes and of how many there are. */
    public static long hash(byte[] bytes, int length) {
        long hash = length;
        int at = 0;
        for (; at + WIDTH <= length; at += WIDTH) {
            hash = mix(hash ^ (long) LONG.get(bytes, at)) + at;
        }
        for (; at < length; at++) {
            hash = mix(hash ^ (bytes[at] & 0xffL));
        }
        return hash;
    }
}
