// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import org.jspecify.annotations.Nullable;

/** A transmitq and its buffers: each is free, with whoever took it, or with the device. */
final class TransmitQueue extends NetQueue {
    private final FeatureBits features;
    private final OutgoingFrame[] slots;
    private final boolean[] underWay;
    private final int[] free;
    private int freeCount;

    TransmitQueue(int pair, DriverVirtqueue ring, int line, NetShape shape, Platform platform, long spinNanos) {
        super(ring, line, spinNanos);
        features = shape.features();
        int headerSize = NetHeader.size(features);
        int count = Math.min(ring.size(), shape.transmitBuffers());
        DmaBuffer memory = platform.allocate(count * shape.transmitBytes(), NetShape.ALIGNMENT);
        slots = new OutgoingFrame[count];
        underWay = new boolean[count];
        free = new int[count];
        for (int slot = count - 1; slot >= 0; slot--) {
            DmaBuffer buffer = memory.slice(slot * shape.transmitBytes(), shape.transmitBytes());
            slots[slot] = new OutgoingFrame(pair, slot, buffer, headerSize);
            free[freeCount++] = slot;
        }
    }

    int count() {
        return slots.length;
    }

    @Override
    boolean hasFrame() {
        return freeCount > 0;
    }

    /** Frames wait for the end of their batch. */
    @Override
    boolean isWorthShowing() {
        return false;
    }

    @Nullable
    OutgoingFrame take() {
        if (freeCount == 0) {
            return null;
        }
        OutgoingFrame frame = slots[free[--freeCount]];
        frame.held = true;
        frame.clear();
        return frame;
    }

    /** Puts a frame into the ring, where there is always room: it is as large as there are buffers. */
    void send(OutgoingFrame frame) {
        checkHeld(frame);
        check(frame);
        frame.writeHeader();
        if (!ring.addReadable(frame.buffer.address(), frame.headerSize + frame.length, frame.slot)) {
            throw new IllegalStateException(
                    "transmit queue " + ring.index() + " is full of other things than its buffers");
        }
        frame.held = false;
        underWay[frame.slot] = true;
    }

    private void check(OutgoingFrame frame) {
        if (frame.length == 0) {
            throw new IllegalArgumentException("an empty frame; setLength says how long it is");
        }
        if (frame.needsChecksum() && !features.has(NetFeatures.CSUM)) {
            throw new IllegalArgumentException("the device computes no checksums: CSUM was not negotiated");
        }
        int type = frame.segmentationType();
        if (type != NetHeader.GSO_NONE && !(frame.needsChecksum() && NetShape.maySend(type, features))) {
            throw new IllegalArgumentException(
                    "segmentation of type " + type + " takes its HOST_ feature and a checksum left to the device");
        }
    }

    private void checkHeld(OutgoingFrame frame) {
        if (!frame.held || slots[frame.slot] != frame) {
            throw new IllegalStateException("a frame is sent or discarded once, by the driver that it was taken from");
        }
    }

    /** Takes a frame back unsent. */
    void discard(OutgoingFrame frame) {
        checkHeld(frame);
        frame.held = false;
        free[freeCount++] = frame.slot;
    }

    /** As {@link #send}, to a device that was given up. */
    void lose(OutgoingFrame frame) {
        discard(frame);
        lost++;
    }

    @Override
    int harvest(int most) {
        int count = 0;
        while (count < most) {
            int slot = ring.poll();
            if (slot == DriverVirtqueue.NONE) {
                break;
            }
            frames++;
            bytes += slots[slot].length;
            settle(slot);
            count++;
        }
        return count;
    }

    private void settle(int slot) {
        underWay[slot] = false;
        free[freeCount++] = slot;
    }

    /** Empties the ring of a device that was reset: what was under way is lost. */
    @Override
    void restart() {
        ring.reset();
        for (int slot = 0; slot < underWay.length; slot++) {
            if (underWay[slot]) {
                settle(slot);
                lost++;
            }
        }
    }
}
