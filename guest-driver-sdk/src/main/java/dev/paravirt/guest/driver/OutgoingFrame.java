// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.net.NetHeader;

/**
 * A frame to be written where the device reads it: into {@link #data}, from {@link #dataOffset} on. The header of the
 * device is before it, in the same buffer, so that a frame is one descriptor. It belongs to whoever took it until
 * {@link NetDriver#send} or {@link NetDriver#discard}.
 */
public final class OutgoingFrame {
    final int pair;
    final int slot;
    final DmaBuffer buffer;
    final int headerSize;
    boolean held;
    int length;
    private long header;
    private int checksumOffset;

    OutgoingFrame(int pair, int slot, DmaBuffer buffer, int headerSize) {
        this.pair = pair;
        this.slot = slot;
        this.buffer = buffer;
        this.headerSize = headerSize;
    }

    void clear() {
        length = 0;
        header = 0;
        checksumOffset = 0;
    }

    void writeHeader() {
        buffer.putLong(NetHeader.FLAGS, header);
        buffer.putInt(NetHeader.CSUM_OFFSET, checksumOffset);
    }

    boolean needsChecksum() {
        return ((int) header & NetHeader.F_NEEDS_CSUM) != 0;
    }

    int segmentationType() {
        return (int) (header >>> 8) & 0xff;
    }

    /** The buffer in which the frame lies. */
    public DmaBuffer data() {
        return buffer;
    }

    /** Where in {@link #data} the Ethernet header goes. */
    public int dataOffset() {
        return headerSize;
    }

    /** The longest frame that fits, in bytes. */
    public int capacity() {
        return buffer.size() - headerSize;
    }

    /** Bytes of the frame so far. */
    public int length() {
        return length;
    }

    /**
     * Says how long the frame is.
     *
     * @param bytes from the Ethernet header on, without a frame check sequence: 1 to {@code capacity()}
     */
    public OutgoingFrame setLength(int bytes) {
        if (bytes < 1 || bytes > capacity()) {
            throw new IllegalArgumentException("a frame of 1 to " + capacity() + " bytes, not " + bytes);
        }
        length = bytes;
        return this;
    }

    /** Copies a whole frame in. */
    public OutgoingFrame put(byte[] source, int start, int bytes) {
        setLength(bytes);
        buffer.put(headerSize, source, start, bytes);
        return this;
    }

    /**
     * Leaves the checksum to the device; with CSUM. The field holds the sum of the pseudo-header.
     *
     * @param start in the frame, where checksumming begins, 0 to 65535
     * @param offset from there, where the checksum goes, 0 to 65535
     */
    public OutgoingFrame setChecksum(int start, int offset) {
        checkField(start);
        checkField(offset);
        header = header & 0x0000_ffff_ffff_ffffL | NetHeader.F_NEEDS_CSUM | (long) start << 48;
        checksumOffset = offset;
        return this;
    }

    /**
     * Leaves it to the device to cut the frame into segments; with the matching HOST_ feature, and after
     * {@link #setChecksum}.
     *
     * @param type a {@code GSO_} value of {@link NetHeader}
     * @param headers bytes of all headers, 1 to 65535
     * @param size most payload bytes of each segment, 1 to 65535
     */
    public OutgoingFrame setSegmentation(int type, int headers, int size) {
        checkField(headers);
        checkField(size);
        if (type < 0 || type > 0xff) {
            throw new IllegalArgumentException("no type of segmentation: " + type);
        }
        header = header & 0xffff_0000_0000_00ffL | (long) type << 8 | (long) headers << 16 | (long) size << 32;
        return this;
    }

    private static void checkField(int value) {
        if (value < 0 || value > 0xffff) {
            throw new IllegalArgumentException("a number of 0 to 65535, not " + value);
        }
    }
}
