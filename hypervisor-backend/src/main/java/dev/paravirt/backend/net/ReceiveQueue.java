// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * A receiveq (VIRTIO 1.4, "Processing of Incoming Packets"): frames come from any thread and wait, a bounded number of
 * them, for the queue's worker, which copies each into receive buffers. The buffers wait in the ring until a frame needs
 * them. A frame for which there are none is dropped: nobody ever waits for a driver.
 */
final class ReceiveQueue {
    private static final int BATCH = 64;

    private final NetDevice device;
    private final int pair;
    private final MpscVarHandleArrayQueue<ByteBuf> waiting;
    private final byte[] header = new byte[NetHeader.SIZE_HASH_REPORT];
    final FrameCounters counters = new FrameCounters();

    /** Where the queue is served; null while it is not. */
    private volatile @Nullable QueueContext context;

    // The worker's own: buffers that were taken for a frame and turned out to be too few; the next frame's.
    private final @Nullable DescriptorChain[] held;
    private int first;
    private int count;

    /** Bytes in the buffers held. */
    private long room;

    ReceiveQueue(NetDevice device, int pair, int queueSize, int backlog) {
        this.device = device;
        this.pair = pair;
        this.held = new @Nullable DescriptorChain[queueSize];
        this.waiting = new MpscVarHandleArrayQueue<>(backlog);
    }

    /** Whether the driver has the queue in use. From any thread. */
    boolean isServed() {
        return context != null;
    }

    /** From any thread; owns the frame. */
    boolean receive(ByteBuf frame) {
        QueueContext served = context;
        if (served == null || !device.isLinkUp()) {
            counters.refused.increment();
            frame.release();
            return false;
        }
        if (!waiting.offer(frame)) {
            counters.overruns.increment();
            frame.release();
            return false;
        }
        served.wake();
        return true;
    }

    // The worker.

    boolean isReady() {
        return !waiting.isEmpty();
    }

    boolean serve(QueueContext served) {
        if (context == null) {
            context = served;
        }
        int done = 0;
        ByteBuf frame = waiting.poll();
        while (frame != null) {
            try {
                receive(frame, served);
            } finally {
                frame.release();
            }
            done++;
            frame = done < BATCH ? waiting.poll() : null;
        }
        return done > 0;
    }

    private void receive(ByteBuf frame, QueueContext served) {
        int length = frame.readableBytes();
        if (length < Ethernet.HEADER || length > device.maxFrame()) {
            counters.malformed();
        } else if (!device.steering().uses(pair)) {
            counters.refused.increment();
        } else if (!device.filter().accepts(Ethernet.destination(frame), Ethernet.vlan(frame))) {
            counters.filtered();
        } else if (!gather(device.headerSize() + length, served)) {
            counters.withoutBuffer();
        } else {
            place(frame, length, served);
            counters.passed(length);
        }
    }

    /** Whether there are buffers for so many bytes: one, or several if they may be merged. */
    private boolean gather(int bytes, QueueContext served) {
        while (room < bytes && (count == 0 || device.mergesBuffers())) {
            DescriptorChain chain = served.take();
            if (chain == null) {
                return false;
            }
            held[(first + count++) % held.length] = chain;
            room += chain.writableLength();
            if (chain.writableLength() < device.headerSize()) {
                throw new VirtqueueException("a receive buffer of " + chain.writableLength()
                        + " bytes, which has no room for the header of " + device.headerSize());
            }
        }
        return room >= bytes;
    }

    /** Copies header and frame into the first buffers held, and pushes these. */
    private void place(ByteBuf frame, int length, QueueContext served) {
        int headerSize = device.headerSize();
        int buffers = buffersFor(headerSize + length);
        put16(NetHeader.NUM_BUFFERS, buffers);
        if (headerSize > NetHeader.SIZE) {
            reportHash(frame, length);
        }
        int copied = 0;
        int offset = headerSize;
        for (int i = 0; i < buffers; i++) {
            DescriptorChain chain = chainHeld();
            if (i == 0) {
                chain.write(0, header, 0, headerSize);
            }
            int here = (int) Math.min(length - copied, chain.writableLength() - offset);
            FrameCopy.toChain(frame, frame.readerIndex() + copied, chain, offset, here);
            copied += here;
            pushFirst(served, offset + here);
            offset = 0;
        }
    }

    private void reportHash(ByteBuf frame, int length) {
        PacketHash configured = device.hash();
        long hash = configured == null ? 0 : configured.of(frame, frame.readerIndex(), length);
        int value = PacketHash.value(hash);
        put16(NetHeader.HASH_VALUE, value);
        put16(NetHeader.HASH_VALUE + Short.BYTES, value >>> Short.SIZE);
        put16(NetHeader.HASH_REPORT, PacketHash.report(hash));
    }

    private void put16(int at, int value) {
        header[at] = (byte) value;
        header[at + 1] = (byte) (value >> Byte.SIZE);
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
        first = (first + 1) % held.length;
        count--;
        room -= chain.writableLength();
        served.push(chain, written);
    }

    /** Gives back all buffers; frames are refused from now on. */
    void quiesce(QueueContext served) {
        context = null;
        while (count > 0) {
            pushFirst(served, 0);
        }
        drop();
    }

    /** Releases the frames that wait. By the worker, or while there is none. */
    void drop() {
        ByteBuf frame = waiting.poll();
        while (frame != null) {
            counters.refused.increment();
            frame.release();
            frame = waiting.poll();
        }
    }
}
