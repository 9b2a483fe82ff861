// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHash;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * A receiveq (VIRTIO 1.4, "Processing of Incoming Packets"): frames come from any thread and wait, a bounded number of
 * them, for the queue's worker, which copies each into receive buffers. The buffers wait in the ring until a frame needs
 * them. A frame for which there are none is dropped: nobody ever waits for a driver. What a frame still needs, and the
 * driver does not take upon itself, is done here.
 */
final class ReceiveQueue {
    private static final int BATCH = 64;

    private final NetDevice device;
    private final int pair;

    /** Bytes before each frame from the backend. */
    private final int lead;

    private final Coalescing coalescing;
    private final MpscVarHandleArrayQueue<ByteBuf> waiting;
    private final Queue<DeferredAck> acks = new ConcurrentLinkedQueue<>();
    final FrameCounters counters = new FrameCounters();

    /** Where the queue is served; null while it is not. */
    private volatile @Nullable QueueContext context;

    // The worker's own.
    private final ByteBuf[] batch = new ByteBuf[BATCH];
    private final ReceiveBuffers buffers;
    private final OffloadHeader asked = new OffloadHeader();
    private final Segmentation segmentation = new Segmentation(asked);
    private final FramePool segments;

    /** The frame that there is always one more of, if the backend is that kind. */
    private final @Nullable ByteBuf generated;

    private final ReceiveHeader header = new ReceiveHeader();

    ReceiveQueue(NetDevice device, int pair, NetBackend backend, NetOptions options, Coalescing coalescing) {
        this.device = device;
        this.pair = pair;
        this.lead = device.lead();
        this.generated = backend instanceof GeneratingBackend generating ? generating.frame() : null;
        this.coalescing = coalescing;
        this.waiting = new MpscVarHandleArrayQueue<>(options.backlog());
        this.buffers = new ReceiveBuffers(options.queueSize());
        this.segments = new FramePool(device.maxFrame());
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

    /** From any thread: the queue has been taken out of use; says when what was under way is done and published. */
    void acknowledgeWhenQuiet(DeferredAck ack) {
        ack.await();
        acks.add(ack);
        QueueContext served = context;
        if (served == null) {
            acknowledge();
        } else {
            served.wake();
        }
    }

    private void acknowledge() {
        DeferredAck ack = acks.poll();
        while (ack != null) {
            ack.arrive();
            ack = acks.poll();
        }
    }

    // The worker.

    boolean isReady() {
        return generated != null || !waiting.isEmpty();
    }

    boolean serve(QueueContext served) {
        if (context == null) {
            context = served;
        }
        if (!acks.isEmpty()) {
            // What was placed before was published after the last call of this.
            acknowledge();
        }
        int count = 0;
        ByteBuf frame = waiting.poll();
        while (frame != null) {
            batch[count++] = frame;
            frame = count < BATCH ? waiting.poll() : null;
        }
        try {
            for (int i = 0; i < count; i++) {
                if (!receive(batch[i], served)) {
                    counters.withoutBuffer();
                }
            }
        } finally {
            // Not each behind its copy: a count of references that is changed waits until all copies are written.
            for (int i = 0; i < count; i++) {
                batch[i].release();
            }
        }
        return (generated == null ? count : count + generate(generated, BATCH - count, served)) > 0;
    }

    /** Receives a frame up to so many times, as often as the driver has buffers for it; returns how often. */
    private int generate(ByteBuf frame, int most, QueueContext served) {
        int done = 0;
        while (done < most && device.isLinkUp() && device.steering().uses(pair) && receive(frame, served)) {
            done++;
        }
        return done;
    }

    /** Returns false if the driver has no buffers for a frame, which is not counted here. */
    private boolean receive(ByteBuf frame, QueueContext served) {
        int index = frame.readerIndex() + lead;
        int length = frame.readableBytes() - lead;
        if (length < Ethernet.HEADER || (lead == 0 && length > device.maxFrame())) {
            counters.malformed();
        } else if (!device.steering().uses(pair)) {
            counters.refused.increment();
        } else if (!device.filter().accepts(Ethernet.destination(frame, index), Ethernet.vlan(frame, index, length))) {
            counters.filtered();
        } else if (lead == 0) {
            return place(frame, index, length, served);
        } else {
            return receiveWithHeader(frame, index, length, served);
        }
        return true;
    }

    /** A frame of a backend that leaves work to us, or to the driver, and says so before it. */
    private boolean receiveWithHeader(ByteBuf frame, int index, int length, QueueContext served) {
        long start = frame.getLongLE(index - lead);
        FeatureBits taken = device.guestOffloads();
        if (OffloadHeader.asks(start)) {
            asked.set(start, frame.getUnsignedShortLE(index - lead + NetHeader.CSUM_OFFSET));
            return receiveUnfinished(frame, index, length, taken, served);
        }
        if ((start & NetHeader.F_DATA_VALID) == 0 || !taken.has(NetFeatures.GUEST_CSUM)) {
            return deliver(frame, index, length, served);
        }
        header.setValid();
        boolean placed = deliver(frame, index, length, served);
        header.clear();
        return placed;
    }

    private boolean receiveUnfinished(ByteBuf frame, int index, int length, FeatureBits taken, QueueContext served) {
        if (!asked.isSound(frame, index, length, device.maxFrame())) {
            counters.malformed();
            return true;
        }
        if (asked.isAllowedToDriver(taken)) {
            header.set(asked);
            boolean placed = place(frame, index, length, served);
            header.clear();
            return placed;
        }
        if (asked.isLarge()) {
            segment(frame, index, length, served);
            return true;
        }
        asked.complete(frame, index, length);
        return deliver(frame, index, length, served);
    }

    private void segment(ByteBuf large, int index, int length, QueueContext served) {
        ByteBuf segment = segments.take();
        try {
            int count = segmentation.count(length);
            for (int number = 0; number < count; number++) {
                segment.clear();
                segmentation.write(large, index, length, number, segment);
                if (!deliver(segment, 0, segment.readableBytes(), served)) {
                    counters.withoutBuffer();
                }
            }
        } finally {
            segment.release();
        }
    }

    private boolean deliver(ByteBuf frame, int index, int length, QueueContext served) {
        if (length > device.maxFrame()) {
            counters.malformed();
            return true;
        }
        return place(frame, index, length, served);
    }

    private boolean place(ByteBuf frame, int index, int length, QueueContext served) {
        int headerSize = device.headerSize();
        if (!buffers.gather(headerSize, length, device.mergesBuffers(), served)) {
            return false;
        }
        if (headerSize > NetHeader.SIZE) {
            PacketHash configured = device.hash();
            header.setHash(configured == null ? NetHash.REPORT_NONE : configured.of(frame, index, length));
        }
        buffers.place(header, headerSize, frame, index, length, served);
        counters.passed(length);
        coalescing.packet(served);
        return true;
    }

    /** Gives back all buffers; frames are refused from now on. */
    void quiesce(QueueContext served) {
        context = null;
        header.clear();
        acknowledge();
        buffers.giveBack(served);
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
