// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Copies between the memory of a chain and a frame, on the heap or off it, without an intermediate copy. */
final class FrameCopy {
    private FrameCopy() {}

    /**
     * Appends readable bytes of a chain to a frame.
     *
     * @param length at most what the chain has from there on, and what the frame has room for
     */
    static void fromChain(DescriptorChain chain, int offset, ByteBuf frame, int length) {
        int index = frame.writerIndex();
        if (frame.hasArray()) {
            chain.read(offset, frame.array(), frame.arrayOffset() + index, length);
        } else {
            ByteBuffer view = frame.internalNioBuffer(index, length);
            transfer(chain, 0, offset, MemorySegment.ofBuffer(view), length, false);
        }
        frame.writerIndex(index + length);
    }

    /**
     * Copies bytes of a frame to writable bytes of a chain.
     *
     * @param index where they are in the frame
     * @param length at most what the chain has from there on, and what the frame has
     */
    static void toChain(ByteBuf frame, int index, DescriptorChain chain, int offset, int length) {
        if (frame.hasArray()) {
            chain.write(offset, frame.array(), frame.arrayOffset() + index, length);
        } else if (frame.nioBufferCount() == 1) {
            ByteBuffer view = frame.internalNioBuffer(index, length);
            transfer(chain, chain.readablePieces(), offset, MemorySegment.ofBuffer(view), length, true);
        } else {
            // A composite: nothing in this process makes one on the way to a device.
            byte[] bytes = new byte[length];
            frame.getBytes(index, bytes);
            chain.write(offset, bytes, 0, length);
        }
    }

    /** Copies bytes of a frame into a region, at an offset in it; as {@link #toChain}. */
    static void toRegion(ByteBuf frame, int index, MemoryRegion region, long offset, int length) {
        if (frame.hasArray()) {
            region.put(offset, frame.array(), frame.arrayOffset() + index, length);
        } else {
            region.segment().asSlice(offset, length).copyFrom(MemorySegment.ofBuffer(frame.nioBuffer(index, length)));
        }
    }

    private static void transfer(
            DescriptorChain chain, int firstPiece, int offset, MemorySegment frame, int length, boolean toChain) {
        int piece = firstPiece;
        int skip = offset;
        int done = 0;
        while (done < length) {
            int room = chain.length(piece) - skip;
            if (room > 0) {
                int here = Math.min(length - done, room);
                MemorySegment guest = chain.region(piece).segment();
                long at = chain.offset(piece) + skip;
                if (toChain) {
                    MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, done, guest, ValueLayout.JAVA_BYTE, at, here);
                } else {
                    MemorySegment.copy(guest, ValueLayout.JAVA_BYTE, at, frame, ValueLayout.JAVA_BYTE, done, here);
                }
                done += here;
                skip = 0;
            } else {
                skip -= chain.length(piece);
            }
            piece++;
        }
    }
}
