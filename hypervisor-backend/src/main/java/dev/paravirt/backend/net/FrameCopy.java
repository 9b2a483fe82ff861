// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
            read(chain, offset, MemorySegment.ofBuffer(frame.internalNioBuffer(index, length)), length);
        }
        frame.writerIndex(index + length);
    }

    private static void read(DescriptorChain chain, int offset, MemorySegment frame, int length) {
        int piece = 0;
        int skip = offset;
        int done = 0;
        while (done < length) {
            int here = Math.min(length - done, chain.length(piece) - skip);
            if (here > 0) {
                MemorySegment guest = chain.region(piece).segment();
                long at = chain.offset(piece) + skip;
                MemorySegment.copy(guest, ValueLayout.JAVA_BYTE, at, frame, ValueLayout.JAVA_BYTE, done, here);
                done += here;
            }
            skip = Math.max(skip - chain.length(piece), 0);
            piece++;
        }
    }

    /**
     * Copies bytes of a frame to writable bytes of a chain.
     *
     * @param index where they are in the frame
     * @param length at most what the chain has from there on, and what the frame has
     */
    static void toChain(ByteBuf frame, int index, DescriptorChain chain, int offset, int length) {
        int piece = chain.readablePieces();
        int skip = offset;
        int done = 0;
        while (done < length) {
            int here = Math.min(length - done, chain.length(piece) - skip);
            if (here > 0) {
                toRegion(frame, index + done, chain.region(piece), chain.offset(piece) + skip, here);
                done += here;
            }
            skip = Math.max(skip - chain.length(piece), 0);
            piece++;
        }
    }

    /** Copies bytes of a frame into a region, at an offset in it. */
    static void toRegion(ByteBuf frame, int index, MemoryRegion region, long offset, int length) {
        if (frame.hasArray()) {
            region.put(offset, frame.array(), frame.arrayOffset() + index, length);
        } else if (frame.nioBufferCount() == 1) {
            MemorySegment bytes = MemorySegment.ofBuffer(frame.internalNioBuffer(index, length));
            MemorySegment.copy(
                    bytes, ValueLayout.JAVA_BYTE, 0, region.segment(), ValueLayout.JAVA_BYTE, offset, length);
        } else {
            // A composite: nothing in this process makes one on the way to a device.
            byte[] bytes = new byte[length];
            frame.getBytes(index, bytes);
            region.put(offset, bytes, 0, length);
        }
    }
}
