// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.queue.DescriptorChain;

/** Bytes in order, up to a limit. For one thread at a time. */
final class ByteQueue {
    private final byte[] bytes;
    private int first;
    private int count;

    ByteQueue(int capacity) {
        bytes = new byte[capacity];
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** How much there is. */
    int length() {
        return count;
    }

    /** How much can be put. */
    int room() {
        return bytes.length - count;
    }

    /** Appends one byte, for which there is room. */
    void put(byte value) {
        bytes[(first + count) % bytes.length] = value;
        count++;
    }

    /** Appends what there is room for, and returns how much that was. */
    int put(byte[] source, int start, int length) {
        int taken = Math.min(length, bytes.length - count);
        int at = (first + count) % bytes.length;
        int straight = Math.min(taken, bytes.length - at);
        System.arraycopy(source, start, bytes, at, straight);
        System.arraycopy(source, start + straight, bytes, 0, taken - straight);
        count += taken;
        return taken;
    }

    /** Copies the first bytes, which stay. */
    int peek(byte[] destination, int start, int length) {
        int taken = Math.min(length, count);
        int straight = Math.min(taken, bytes.length - first);
        System.arraycopy(bytes, first, destination, start, straight);
        System.arraycopy(bytes, 0, destination, start + straight, taken - straight);
        return taken;
    }

    /** Copies the first bytes, which stay, into what the device may write. */
    void copyTo(DescriptorChain chain, int length) {
        int straight = Math.min(length, bytes.length - first);
        chain.write(0, bytes, first, straight);
        if (straight < length) {
            chain.write(straight, bytes, 0, length - straight);
        }
    }

    /** Drops the first bytes. */
    void skip(int length) {
        first = (first + length) % bytes.length;
        count -= length;
    }

    /** Moves the first bytes, and returns how many. */
    int take(byte[] destination, int start, int length) {
        int taken = peek(destination, start, length);
        skip(taken);
        return taken;
    }

    /** Drops everything, and returns how much that was. */
    int clear() {
        int all = count;
        skip(all);
        return all;
    }
}
