// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** Bytes of a stream between two positions that only grow, in an array whose size is a power of two. */
final class ByteRing {
    private final byte[] bytes;
    private long head;
    private long tail;

    ByteRing(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("the capacity of a ring is a power of two, not " + capacity);
        }
        bytes = new byte[capacity];
    }

    int length() {
        return (int) (tail - head);
    }

    int free() {
        return bytes.length - length();
    }

    int capacity() {
        return bytes.length;
    }

    /** Writes beyond the end, without moving it; the caller keeps within {@link #free}. */
    void put(int beyondEnd, byte[] source, int start, int length) {
        int at = (int) (tail + beyondEnd) & bytes.length - 1;
        int first = Math.min(length, bytes.length - at);
        System.arraycopy(source, start, bytes, at, first);
        System.arraycopy(source, start + first, bytes, 0, length - first);
    }

    /** Moves the end over bytes that were put there. */
    void advance(int length) {
        tail += length;
    }

    void get(int offset, byte[] target, int start, int length) {
        int at = (int) (head + offset) & bytes.length - 1;
        int first = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, target, start, first);
        System.arraycopy(bytes, 0, target, start + first, length - first);
    }

    void drop(int length) {
        head += length;
    }
}
