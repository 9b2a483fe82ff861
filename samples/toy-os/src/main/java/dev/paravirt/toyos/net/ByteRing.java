// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** Bytes of a stream between two positions that only grow. Takes memory as it needs it, up to its capacity. */
final class ByteRing {
    private static final int FIRST_SIZE = 1 << 14;

    private final int capacity;
    private byte[] bytes = new byte[0];
    private long head;
    private long tail;

    /** @param capacity a power of two */
    ByteRing(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("the capacity of a ring is a power of two, not " + capacity);
        }
        this.capacity = capacity;
    }

    int length() {
        return (int) (tail - head);
    }

    int free() {
        return capacity - length();
    }

    int capacity() {
        return capacity;
    }

    /** Writes beyond the end, without moving it; the caller keeps within {@link #free}. */
    void put(int beyondEnd, byte[] source, int start, int length) {
        reserve(length() + beyondEnd + length);
        int at = (int) (tail + beyondEnd) & bytes.length - 1;
        int first = Math.min(length, bytes.length - at);
        System.arraycopy(source, start, bytes, at, first);
        System.arraycopy(source, start + first, bytes, 0, length - first);
    }

    private void reserve(int needed) {
        if (needed <= bytes.length) {
            return;
        }
        int size = Math.max(bytes.length, Math.min(FIRST_SIZE, capacity));
        while (size < needed) {
            size *= 2;
        }
        byte[] larger = new byte[size];
        // What lies beyond the end may be there already: all moves to where its position leads it now.
        for (int moved = 0; moved < bytes.length; ) {
            int from = (int) (head + moved) & bytes.length - 1;
            int to = (int) (head + moved) & size - 1;
            int part = Math.min(bytes.length - moved, Math.min(bytes.length - from, size - to));
            System.arraycopy(bytes, from, larger, to, part);
            moved += part;
        }
        bytes = larger;
    }

    /** Moves the end over bytes that were put there. */
    void advance(int length) {
        tail += length;
    }

    void get(int offset, byte[] target, int start, int length) {
        if (length == 0) {
            return;
        }
        int at = (int) (head + offset) & bytes.length - 1;
        int first = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, target, start, first);
        System.arraycopy(bytes, 0, target, start + first, length - first);
    }

    void drop(int length) {
        head += length;
    }
}
