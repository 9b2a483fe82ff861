// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffers of one queue that were taken from the ring: those that a frame did not need are kept for the next.
 * Some are taken before they are needed, so that what they cost to fetch is paid for all of them at once. Of the queue's
 * worker.
 */
final class ReceiveBuffers {
    private static final int AHEAD = 16;

    private final @Nullable DescriptorChain[] held;
    private int first;
    private int count;

    /** How many of them the frame at hand takes. */
    private int needed;

    /** What is wrong with the ring behind the buffers that were taken. */
    private @Nullable VirtqueueException broken;

    ReceiveBuffers(int queueSize) {
        this.held = new @Nullable DescriptorChain[queueSize];
    }

    /**
     * Sees to it that there are buffers for a header and a frame: one, or several if they may be merged.
     *
     * @return false if the driver has not given enough
     */
    boolean gather(int headerSize, int length, boolean merge, QueueContext served) {
        int bytes = headerSize + length;
        long room = 0;
        needed = 0;
        while (room < bytes && (needed == 0 || merge)) {
            if (needed == count && !take(served)) {
                return false;
            }
            DescriptorChain chain = held(needed++);
            if (chain.writableLength() < headerSize) {
                throw new VirtqueueException("a receive buffer of " + chain.writableLength()
                        + " bytes, which has no room for the header of " + headerSize);
            }
            room += chain.writableLength();
        }
        return room >= bytes;
    }

    /** Takes at least one more; false if there is none. */
    private boolean take(QueueContext served) {
        if (broken != null) {
            throw broken;
        }
        int most = Math.min(count + AHEAD, held.length);
        int before = count;
        try {
            DescriptorChain chain = served.take();
            while (chain != null) {
                chain.touchWritable();
                int next = first + count++;
                held[next < held.length ? next : next - held.length] = chain;
                chain = count < most ? served.take() : null;
            }
        } catch (VirtqueueException failure) {
            if (count == before) {
                throw failure;
            }
            // What was made available before is still good.
            broken = failure;
        }
        return count > before;
    }

    /**
     * Copies header and frame into the first buffers held, and pushes these; after {@link #gather}.
     *
     * @param index of the frame
     */
    void place(ReceiveHeader header, int headerSize, ByteBuf frame, int index, int length, QueueContext served) {
        DescriptorChain chain = held(0);
        int piece = chain.readablePieces();
        // As a rule; that is worth a path without loops.
        if (needed == 1 && headerSize + length <= chain.length(piece)) {
            MemoryRegion region = chain.region(piece);
            long offset = chain.offset(piece);
            header.write(region, offset, headerSize, needed);
            FrameCopy.toRegion(frame, index, region, offset + headerSize, length);
            pushFirst(served, headerSize + length);
        } else {
            header.write(chain, headerSize, needed);
            placePieces(headerSize, frame, index, length, served);
        }
    }

    private void placePieces(int headerSize, ByteBuf frame, int index, int length, QueueContext served) {
        int copied = 0;
        int offset = headerSize;
        for (int i = 0; i < needed; i++) {
            DescriptorChain chain = held(0);
            int here = (int) Math.min(length - copied, chain.writableLength() - offset);
            FrameCopy.toChain(frame, index + copied, chain, offset, here);
            copied += here;
            pushFirst(served, offset + here);
            offset = 0;
        }
    }

    private DescriptorChain held(int place) {
        int at = first + place;
        DescriptorChain chain = held[at < held.length ? at : at - held.length];
        if (chain == null) {
            throw new IllegalStateException("no receive buffer is held");
        }
        return chain;
    }

    private void pushFirst(QueueContext served, long written) {
        DescriptorChain chain = held(0);
        held[first] = null;
        first = first + 1 < held.length ? first + 1 : 0;
        count--;
        served.push(chain, written);
    }

    /** Gives all back, with nothing in them. */
    void giveBack(QueueContext served) {
        broken = null;
        while (count > 0) {
            pushFirst(served, 0);
        }
    }
}
