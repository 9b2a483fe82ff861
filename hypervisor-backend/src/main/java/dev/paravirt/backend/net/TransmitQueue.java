// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transmitq (VIRTIO 1.4, "Packet Transmission"): each frame is copied once, so that its buffer is the driver's again at
 * once, whatever becomes of the frame. What is wrong with a frame ends in a counted drop.
 */
final class TransmitQueue {
    private static final Logger LOG = LoggerFactory.getLogger(TransmitQueue.class);

    private final NetDevice device;
    private final int pair;
    private final NetBackend backend;
    private final FramePool frames;
    private boolean warned;
    final FrameCounters counters = new FrameCounters();

    TransmitQueue(NetDevice device, int pair, NetBackend backend) {
        this.device = device;
        this.pair = pair;
        this.backend = backend;
        this.frames = new FramePool(device.maxFrame());
    }

    void process(DescriptorChain chain, QueueContext context) {
        long length = chain.readableLength() - device.headerSize();
        if (length < Ethernet.HEADER || length > device.maxFrame() || wantsOffload(chain)) {
            counters.malformed();
            context.push(chain, 0);
        } else if (!device.isLinkUp()) {
            counters.refused.increment();
            context.push(chain, 0);
        } else {
            ByteBuf frame = copy(chain, (int) length);
            context.push(chain, 0);
            device.steering().sent(frame, frame.readerIndex(), (int) length, pair);
            send(frame, (int) length);
        }
    }

    /** Offloads are not offered: what asks for one would go out with a wrong checksum, or too long. */
    private static boolean wantsOffload(DescriptorChain chain) {
        return (chain.readByte(NetHeader.FLAGS) & NetHeader.F_NEEDS_CSUM) != 0
                || chain.readByte(NetHeader.GSO_TYPE) != NetHeader.GSO_NONE;
    }

    private ByteBuf copy(DescriptorChain chain, int length) {
        ByteBuf frame = frames.take();
        boolean copied = false;
        try {
            FrameCopy.fromChain(chain, device.headerSize(), frame, length);
            copied = true;
        } finally {
            if (!copied) {
                frame.release();
            }
        }
        return frame;
    }

    private void send(ByteBuf frame, int length) {
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
