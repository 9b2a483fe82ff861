// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.net.NetHeader;
import org.jspecify.annotations.Nullable;

/**
 * A frame where the device put it. With MRG_RXBUF it may lie in several buffers: this is the first, and {@link #next}
 * leads through the others. What the header said was read once and checked; the bytes of the frame are whatever the other
 * side sent. It belongs to whoever received it until {@link NetDriver#release}.
 */
public final class ReceivedFrame {
    final int pair;
    final int slot;
    final DmaBuffer buffer;
    boolean held;
    int dataOffset;
    int dataLength;
    int length;

    @Nullable
    ReceivedFrame next;

    private long header;
    private int checksumOffset;
    private long hash;

    ReceivedFrame(int pair, int slot, DmaBuffer buffer) {
        this.pair = pair;
        this.slot = slot;
        this.buffer = buffer;
    }

    /** Reads the first 12 bytes of the header, two accesses for seven fields. Returns num_buffers. */
    int readHeader() {
        header = buffer.getLong(NetHeader.FLAGS);
        int rest = buffer.getInt(NetHeader.CSUM_OFFSET);
        checksumOffset = rest & 0xffff;
        return rest >>> 16;
    }

    /** Reads the other fields that a header has with HASH_REPORT. */
    void readHash() {
        hash = buffer.getLong(NetHeader.HASH_VALUE);
    }

    /** What {@link #hashValue} is: a {@code REPORT_} value of {@link dev.paravirt.spec.net.NetHash}; with HASH_REPORT. */
    public int hashReport() {
        return (int) (hash >>> 32) & 0xffff;
    }

    /** The hash that the device computed of the packet's addresses and ports; with {@link #hashReport}. */
    public int hashValue() {
        return (int) hash;
    }

    /** The pair of queues that it came in by. */
    public int pair() {
        return pair;
    }

    /** Bytes of the whole frame from the Ethernet header on, 0 or more. */
    public int length() {
        return length;
    }

    /** The buffer that holds the first, or only, piece of the frame. */
    public DmaBuffer data() {
        return buffer;
    }

    /** Where in {@link #data} the piece begins: behind the header of the device, if it is the first. */
    public int dataOffset() {
        return dataOffset;
    }

    /** Bytes of this piece. */
    public int dataLength() {
        return dataLength;
    }

    /** The next piece, of which only the three methods {@code data...} and this one tell anything; null if it is the last. */
    public @Nullable ReceivedFrame next() {
        return next;
    }

    /** Whether the checksum in the frame is just that of the pseudo-header, and nobody has to check it. */
    public boolean needsChecksum() {
        return ((int) header & NetHeader.F_NEEDS_CSUM) != 0;
    }

    /** Whether the device has checked the checksum, and found it correct. */
    public boolean checksumValid() {
        return ((int) header & NetHeader.F_DATA_VALID) != 0;
    }

    /** Where checksumming would begin, in the frame; with {@link #needsChecksum}. */
    public int checksumStart() {
        return (int) (header >>> 48);
    }

    /** Where the checksum would go, from there; with {@link #needsChecksum}. */
    public int checksumOffset() {
        return checksumOffset;
    }

    /** {@link NetHeader#GSO_NONE} if this is a packet, another {@code GSO_} value if it is several segments in one. */
    public int segmentationType() {
        return (int) (header >>> 8) & 0xff;
    }

    /** Bytes of each segment; a hint, not checked. */
    public int segmentSize() {
        return (int) (header >>> 32) & 0xffff;
    }

    /**
     * Copies bytes out of the frame, wherever its pieces begin and end.
     *
     * @throws IndexOutOfBoundsException unless {@code offset + count <= length()}
     */
    public void get(int offset, byte[] destination, int start, int count) {
        if (offset < 0 || count < 0 || offset > length - count) {
            throw new IndexOutOfBoundsException(count + " bytes at " + offset + " of a frame of " + length);
        }
        int skip = offset;
        int done = 0;
        for (ReceivedFrame piece = this; piece != null && done < count; piece = piece.next) {
            int here = Math.min(count - done, piece.dataLength - skip);
            if (here > 0) {
                piece.buffer.get(piece.dataOffset + skip, destination, start + done, here);
                done += here;
            }
            skip = Math.max(skip - piece.dataLength, 0);
        }
    }
}
