// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** Bytes in order, up to a limit. */
final class ByteFifo {
    private final byte[] bytes;
    private int first;
    private int count;

    ByteFifo(int capacity) {
        bytes = new byte[capacity];
    }

    boolean isEmpty() {
        return count == 0;
    }

    int room() {
        return bytes.length - count;
    }

    void put(int value) {
        if (count == bytes.length) {
            throw new IllegalStateException("no room");
        }
        bytes[(first + count++) % bytes.length] = (byte) value;
    }

    /** Appends what there is room for, and returns how much that was. */
    int put(byte[] source, int start, int length) {
        int taken = Math.min(length, room());
        for (int i = 0; i < taken; i++) {
            bytes[(first + count + i) % bytes.length] = source[start + i];
        }
        count += taken;
        return taken;
    }

    /** Removes the first byte, as 0 to 255. */
    int take() {
        if (count == 0) {
            throw new IllegalStateException("empty");
        }
        int value = bytes[first] & 0xFF;
        first = (first + 1) % bytes.length;
        count--;
        return value;
    }

    /** Moves the first bytes, and returns how many. */
    int take(byte[] destination, int start, int length) {
        int taken = Math.min(length, count);
        for (int i = 0; i < taken; i++) {
            destination[start + i] = bytes[(first + i) % bytes.length];
        }
        first = (first + taken) % bytes.length;
        count -= taken;
        return taken;
    }

    boolean contains(int value) {
        for (int i = 0; i < count; i++) {
            if (bytes[(first + i) % bytes.length] == (byte) value) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        count = 0;
    }
}
