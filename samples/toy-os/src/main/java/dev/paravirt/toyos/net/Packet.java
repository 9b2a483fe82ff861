// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * Part of a byte array that shrinks from the front as layers take their headers off, and grows to the front as layers
 * put theirs on. Offsets count from the start of that part; numbers are big-endian. Readers check {@link #length()}
 * before they read.
 */
final class Packet {
    /** Room for the headers of all layers: Ethernet 14, IPv4 20, TCP 20 and its options 40; even, for checksums. */
    static final int HEADROOM = 96;

    final byte[] array;
    private int start;
    private int end;

    /** Received: the card, or we ourselves, vouch for the checksum of UDP or TCP. */
    boolean verified;

    /** To send: the checksum that the card completes, as its place in the array and the place of its header; or 0. */
    private int checksumAt;

    private int checksumStart;
    private int headersEnd;
    private int segment;

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

    /**
     * Leaves the checksum of the header that begins here to the card.
     *
     * @param offset of the checksum in the header
     * @param header its length
     * @param segmentSize most bytes of payload of each segment that the card cuts this into; 0 for none
     */
    void leaveToCard(int offset, int header, int segmentSize) {
        checksumAt = start + offset;
        checksumStart = start;
        headersEnd = start + header;
        segment = segmentSize;
        verified = true;
    }

    /** Whether {@link #leaveToCard} was called. */
    boolean isUnfinished() {
        return checksumAt != 0;
    }

    /** Sends the frame that this has become. */
    boolean sendTo(NetworkInterface link) {
        if (!isUnfinished()) {
            return link.send(array, start, length());
        }
        int headers = segment == 0 ? 0 : headersEnd - start;
        return link.sendUnfinished(
                array, start, length(), checksumStart - start, checksumAt - checksumStart, headers, segment);
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
