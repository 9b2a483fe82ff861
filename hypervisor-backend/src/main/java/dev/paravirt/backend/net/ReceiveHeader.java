// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.net.NetHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What is written before a received frame, struct virtio_net_hdr, and nothing in it at first. It is kept in the words in which it
 * is written: a word that is read where single bytes were just written waits until these, and all that was written before them,
 * have left the processor. Of the queue's worker.
 */
final class ReceiveHeader {
    /** flags to csum_start. */
    private long start;

    private int csumOffset;

    /** hash_value, hash_report and padding. */
    private long hash;

    private final ByteBuffer bytes =
            ByteBuffer.allocate(NetHeader.SIZE_HASH_REPORT).order(ByteOrder.LITTLE_ENDIAN);

    /** A frame that needs nothing. */
    void clear() {
        start = 0;
        csumOffset = 0;
        hash = 0;
    }

    /** A frame whose checksum was found correct. */
    void setValid() {
        start = NetHeader.F_DATA_VALID;
    }

    /** A frame that is to be finished; after {@link OffloadHeader#isSound}. */
    void set(OffloadHeader asked) {
        start = asked.start();
        csumOffset = asked.csumOffset();
    }

    /** @param value from {@link PacketHash#of} */
    void setHash(long value) {
        hash = PacketHash.value(value) & 0xffff_ffffL | (long) PacketHash.report(value) << 32;
    }

    /**
     * Writes it where it lies in one piece.
     *
     * @param size {@link NetHeader#SIZE} or {@link NetHeader#SIZE_HASH_REPORT}
     * @param buffers of the frame
     */
    void write(MemoryRegion region, long offset, int size, int buffers) {
        region.putLong(offset, start);
        region.putInt(offset + NetHeader.CSUM_OFFSET, csumOffset | buffers << Short.SIZE);
        if (size > NetHeader.SIZE) {
            region.putLong(offset + NetHeader.HASH_VALUE, hash);
        }
    }

    /** Writes it to the beginning of a chain, in whatever pieces; as {@link #write(MemoryRegion, long, int, int)}. */
    void write(DescriptorChain chain, int size, int buffers) {
        bytes.putLong(0, start).putShort(NetHeader.CSUM_OFFSET, (short) csumOffset);
        bytes.putShort(NetHeader.NUM_BUFFERS, (short) buffers).putLong(NetHeader.HASH_VALUE, hash);
        chain.write(0, bytes.array(), 0, size);
    }
}
