// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * Part of a byte array that shrinks from the front as layers take their headers off, and grows to the front as layers
 * put theirs on. Offsets count from the start of that part; numbers are big-endian. Readers check {@link #length()}
 * before they read.
 */
final class Packet {
    /** Room for the headers of all layers: Ethernet 14, IPv4 20, TCP 20 and its options 20; even, for checksums. */
    static final int HEADROOM = 80;

    final byte[] array;
    private int start;
    private int end;

    Packet(byte[] array, int start, int length) {
        this.array = array;
        this.start = start;
        this.end = start + length;
    }

    /** A packet to send, with room for headers before it. */
    static Packet withPayload(int length) {
        return new Packet(new byte[HEADROOM + length], HEADROOM, length);
    }

    static Packet copyOf(byte[] source, int start, int length) {
        Packet packet = withPayload(length);
        System.arraycopy(source, start, packet.array, packet.start, length);
        return packet;
    }

    Packet copy() {
        return copyOf(array, start, length());
    }

    int start() {
        return start;
    }

    int length() {
        return end - start;
    }

    void dropFront(int bytes) {
        start += bytes;
    }

    void addFront(int bytes) {
        start -= bytes;
    }

    /** Cuts off what follows the first {@code length} bytes, such as Ethernet's padding. */
    void truncate(int length) {
        end = start + length;
    }

    int u8(int offset) {
        return array[start + offset] & 0xFF;
    }

    int u16(int offset) {
        return u8(offset) << 8 | u8(offset + 1);
    }

    int i32(int offset) {
        return u16(offset) << 16 | u16(offset + 2);
    }

    long u48(int offset) {
        return (long) u16(offset) << 32 | i32(offset + 2) & 0xFFFF_FFFFL;
    }

    void put8(int offset, int value) {
        array[start + offset] = (byte) value;
    }

    void put16(int offset, int value) {
        put8(offset, value >>> 8);
        put8(offset + 1, value);
    }

    void put32(int offset, int value) {
        put16(offset, value >>> 16);
        put16(offset + 2, value);
    }

    void put48(int offset, long value) {
        put16(offset, (int) (value >>> 32));
        put32(offset + 2, (int) value);
    }

    void get(int offset, byte[] target, int targetStart, int length) {
        System.arraycopy(array, start + offset, target, targetStart, length);
    }

    void put(int offset, byte[] source, int sourceStart, int length) {
        System.arraycopy(source, sourceStart, array, start + offset, length);
    }
}
