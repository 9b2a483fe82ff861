// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffers of one queue that were taken from the ring for a frame: those that turned out to be too few are
 * kept for the next. Of the queue's worker.
 */
final class ReceiveBuffers {
    private final @Nullable DescriptorChain[] held;
    private int first;
    private int count;

    /** Bytes in the buffers held. */
    private long room;

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
        while (room < bytes && (count == 0 || merge)) {
            DescriptorChain chain = served.take();
            if (chain == null) {
                return false;
            }
            int next = first + count++;
            held[next < held.length ? next : next - held.length] = chain;
            room += chain.writableLength();
            if (chain.writableLength() < headerSize) {
                throw new VirtqueueException("a receive buffer of " + chain.writableLength()
                        + " bytes, which has no room for the header of " + headerSize);
            }
        }
        return room >= bytes;
    }

    /**
     * Copies header and frame into the first buffers held, and pushes these; after {@link #gather}.
     *
     * @param header whose num_buffers is filled in here
     * @param index of the frame
     */
    void place(byte[] header, int headerSize, ByteBuf frame, int index, int length, QueueContext served) {
        int buffers = buffersFor(headerSize + length);
        header[NetHeader.NUM_BUFFERS] = (byte) buffers;
        header[NetHeader.NUM_BUFFERS + 1] = (byte) (buffers >> Byte.SIZE);
        chainHeld().write(0, header, 0, headerSize);
        int copied = 0;
        int offset = headerSize;
        for (int i = 0; i < buffers; i++) {
            DescriptorChain chain = chainHeld();
            int here = (int) Math.min(length - copied, chain.writableLength() - offset);
            FrameCopy.toChain(frame, index + copied, chain, offset, here);
            copied += here;
            pushFirst(served, offset + here);
            offset = 0;
        }
    }

    private int buffersFor(int bytes) {
        long covered = 0;
        int buffers = 0;
        while (covered < bytes) {
            DescriptorChain chain = held[(first + buffers++) % held.length];
            covered += chain == null ? bytes : chain.writableLength();
        }
        return buffers;
    }

    private DescriptorChain chainHeld() {
        DescriptorChain chain = held[first];
        if (chain == null) {
            throw new IllegalStateException("no receive buffer is held");
        }
        return chain;
    }

    private void pushFirst(QueueContext served, long written) {
        DescriptorChain chain = chainHeld();
        held[first] = null;
        first = first + 1 < held.length ? first + 1 : 0;
        count--;
        room -= chain.writableLength();
        served.push(chain, written);
    }

    /** Gives all back, with nothing in them. */
    void giveBack(QueueContext served) {
        while (count > 0) {
            pushFirst(served, 0);
        }
    }
}
