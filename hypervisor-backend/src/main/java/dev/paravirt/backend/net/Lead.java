// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** One direction of a {@link Cable}: what a network takes a device for, whose receiver is another network. */
final class Lead implements NetPort {
    /** What a network takes from a driver, and what the same is called when a driver takes it from a network. */
    private static final int[][] SAME = {
        {NetFeatures.CSUM, NetFeatures.GUEST_CSUM},
        {NetFeatures.HOST_TSO4, NetFeatures.GUEST_TSO4},
        {NetFeatures.HOST_TSO6, NetFeatures.GUEST_TSO6},
        {NetFeatures.HOST_ECN, NetFeatures.GUEST_ECN},
        {NetFeatures.HOST_USO, NetFeatures.GUEST_USO4},
        {NetFeatures.HOST_USO, NetFeatures.GUEST_USO6},
    };

    private final int leadIn;
    private final int leadOut;
    private final NetBackend to;
    private final FeatureBits offloads;
    private final int maxFrame;

    // For one frame at a time, under the lock of this: only those that ask for something need it.
    private final OffloadHeader header = new OffloadHeader();
    private final Segmentation segmentation = new Segmentation(header);

    private volatile boolean open;

    /** @param from offloads of the network that frames come from */
    Lead(FeatureBits from, NetBackend to, int maxFrame) {
        this.leadIn = Cable.headerSize(from);
        this.to = to;
        this.offloads = to.offloads();
        this.leadOut = Cable.headerSize(offloads);
        this.maxFrame = maxFrame;
    }

    /** What the receiving network does, in the bits of a driver that takes it. */
    FeatureBits taken() {
        FeatureBits taken = FeatureBits.NONE;
        for (int[] pair : SAME) {
            taken = offloads.has(pair[0]) ? taken.with(pair[1]) : taken;
        }
        return taken;
    }

    /** Frames go through from now on: both networks are attached. */
    void open() {
        open = true;
    }

    /** That of the other network tells its own devices; ours has none. */
    @Override
    public void linkUp(boolean up) {}

    @Override
    public boolean receive(ByteBuf frame) {
        int length = frame.readableBytes() - leadIn;
        if (!open || length < Ethernet.HEADER || (leadIn == 0 && length > maxFrame)) {
            frame.release();
            return false;
        }
        long start = leadIn == 0 ? 0 : frame.getLongLE(frame.readerIndex());
        if (OffloadHeader.asks(start)) {
            return finish(frame, start, length);
        }
        if (length > maxFrame) {
            frame.release();
            return false;
        }
        return pass(frame, length);
    }

    private synchronized boolean finish(ByteBuf frame, long start, int length) {
        int index = frame.readerIndex() + leadIn;
        header.set(start, frame.getUnsignedShortLE(frame.readerIndex() + NetHeader.CSUM_OFFSET));
        if (!header.isSound(frame, index, length, maxFrame)) {
            frame.release();
            return false;
        }
        if (header.isAllowedFromDriver(offloads)) {
            header.write(frame, frame.readerIndex());
            return to.send(frame);
        }
        if (!header.isLarge()) {
            header.complete(frame, index, length);
            return pass(frame, length);
        }
        return segment(frame, index, length);
    }

    /** Sends a frame that is finished. */
    private boolean pass(ByteBuf frame, int length) {
        if (leadOut == 0) {
            return to.send(frame.skipBytes(leadIn));
        }
        if (leadIn > 0) {
            frame.setZero(frame.readerIndex(), NetHeader.SIZE);
            return to.send(frame);
        }
        ByteBuf longer = withHeader(length).writeBytes(frame);
        frame.release();
        return to.send(longer);
    }

    private boolean segment(ByteBuf large, int index, int length) {
        boolean sent = true;
        int count = segmentation.count(length);
        for (int number = 0; number < count; number++) {
            ByteBuf segment = withHeader(maxFrame);
            segmentation.write(large, index, length, number, segment);
            sent &= to.send(segment);
        }
        large.release();
        return sent;
    }

    private ByteBuf withHeader(int length) {
        return Unpooled.buffer(leadOut + length).writeZero(leadOut);
    }
}
