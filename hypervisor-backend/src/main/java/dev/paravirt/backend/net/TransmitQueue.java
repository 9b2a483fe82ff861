// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transmitq (VIRTIO 1.4, "Packet Transmission"): each frame is copied once, so that its buffer is the driver's again at
 * once, whatever becomes of the frame. What the driver leaves to the device, and the backend does not do itself, is done
 * here. What is wrong with a frame ends in a counted drop.
 */
final class TransmitQueue {
    private static final Logger LOG = LoggerFactory.getLogger(TransmitQueue.class);

    private final NetDevice device;
    private final int pair;
    private final NetBackend backend;
    private final FeatureBits offloads;

    /** Bytes before each frame that the backend gets. */
    private final int lead;

    private final Coalescing coalescing;
    private final FramePool frames;
    private final FramePool largeFrames;
    private final OffloadHeader header = new OffloadHeader();
    private final Segmentation segmentation = new Segmentation(header);
    private boolean warned;
    final FrameCounters counters = new FrameCounters();

    /** @param offloads those of the backend */
    TransmitQueue(NetDevice device, int pair, NetBackend backend, FeatureBits offloads, Coalescing coalescing) {
        this.device = device;
        this.pair = pair;
        this.backend = backend;
        this.offloads = offloads;
        this.lead = device.lead();
        this.coalescing = coalescing;
        this.frames = new FramePool(lead + device.maxFrame());
        this.largeFrames = new FramePool(lead + OffloadHeader.MAX_FRAME);
    }

    void process(DescriptorChain chain, QueueContext context) {
        coalescing.packet(context);
        long length = chain.readableLength() - device.headerSize();
        if (length < Ethernet.HEADER) {
            drop(chain, context);
            return;
        }
        long start = chain.readLong(NetHeader.FLAGS);
        if (OffloadHeader.asks(start)) {
            header.set(start, chain.readShort(NetHeader.CSUM_OFFSET));
            processUnfinished(chain, context, length);
        } else if (length > device.maxFrame()) {
            drop(chain, context);
        } else {
            ByteBuf frame = copy(frames, chain, context, (int) length);
            send(frame, (int) length);
        }
    }

    private void drop(DescriptorChain chain, QueueContext context) {
        counters.malformed();
        context.push(chain, 0);
    }

    private void processUnfinished(DescriptorChain chain, QueueContext context, long length) {
        boolean large = header.isLarge();
        if (length > (large ? OffloadHeader.MAX_FRAME : device.maxFrame())
                || !header.isAllowedFromDriver(device.negotiated())) {
            drop(chain, context);
            return;
        }
        int size = (int) length;
        ByteBuf frame = copy(large ? largeFrames : frames, chain, context, size);
        // From here on it is our copy that counts, which the driver cannot change.
        if (!header.isSound(frame, lead, size, device.maxFrame())) {
            counters.malformed();
            frame.release();
        } else if (header.isAllowedFromDriver(offloads)) {
            header.write(frame, 0);
            send(frame, size);
        } else if (large) {
            segment(frame, size);
        } else {
            header.complete(frame, lead, size);
            send(frame, size);
        }
    }

    private void segment(ByteBuf large, int length) {
        try {
            int count = segmentation.count(length);
            for (int number = 0; number < count; number++) {
                ByteBuf segment = begin(frames);
                segmentation.write(large, lead, length, number, segment);
                send(segment, segment.readableBytes() - lead);
            }
        } finally {
            large.release();
        }
    }

    /** A buffer that has an empty header for the backend, if that wants one. */
    private ByteBuf begin(FramePool pool) {
        ByteBuf frame = pool.take();
        if (lead > 0) {
            frame.writeLong(0);
            frame.writeInt(0);
        }
        return frame;
    }

    /** Copies the frame out of the chain, and gives that back. */
    private ByteBuf copy(FramePool pool, DescriptorChain chain, QueueContext context, int length) {
        ByteBuf frame = begin(pool);
        boolean copied = false;
        try {
            FrameCopy.fromChain(chain, device.headerSize(), frame, length);
            context.push(chain, 0);
            copied = true;
        } finally {
            if (!copied) {
                frame.release();
            }
        }
        return frame;
    }

    private void send(ByteBuf frame, int length) {
        if (!device.isLinkUp()) {
            counters.refused.increment();
            frame.release();
            return;
        }
        device.steering().sent(frame, lead, length, pair);
        boolean sent = false;
        try {
            sent = backend.send(frame);
        } catch (RuntimeException failure) {
            // The frame is the backend's already. A network that fails is not the driver's fault.
            if (!warned) {
                warned = true;
                LOG.warn("a network backend fails to send; further failures are only counted", failure);
            }
        }
        if (sent) {
            counters.passed(length);
        } else {
            counters.refused.increment();
        }
    }
}
