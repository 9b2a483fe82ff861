// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import org.jspecify.annotations.Nullable;

/**
 * A receiveq and its buffers. Each buffer is with the device, in a frame that is not complete yet, in a frame that nobody
 * has taken yet, or with whoever took its frame.
 */
final class ReceiveQueue extends NetQueue {
    /** In how many portions at most the buffers of a whole ring are shown. */
    private static final int BATCHES = 8;

    private final ReceivedFrame[] slots;
    private final int[] ready;
    private final boolean mergeable;
    private final boolean hashes;
    private final FeatureBits features;
    private final int headerSize;
    private int firstReady;
    private int readyCount;
    private @Nullable ReceivedFrame partial;
    private @Nullable ReceivedFrame last;
    private int missing;

    /** Buffers that the device has, and those that it will see with the next publication. */
    private int shown;

    private int unshown;

    long malformed;

    ReceiveQueue(int pair, DriverVirtqueue ring, int line, NetShape shape, Platform platform, long spinNanos) {
        super(ring, line, spinNanos);
        features = shape.features();
        mergeable = features.has(NetFeatures.MRG_RXBUF);
        hashes = features.has(NetFeatures.HASH_REPORT);
        headerSize = NetHeader.size(features);
        int count = Math.min(ring.size(), shape.receiveBuffers());
        DmaBuffer memory = platform.allocate(count * shape.receiveBytes(), NetShape.ALIGNMENT);
        slots = new ReceivedFrame[count];
        ready = new int[count];
        for (int slot = 0; slot < count; slot++) {
            DmaBuffer buffer = memory.slice(slot * shape.receiveBytes(), shape.receiveBytes());
            slots[slot] = new ReceivedFrame(pair, slot, buffer);
            post(slots[slot]);
        }
    }

    /** Gives a buffer to the device. There is always room: the ring is as large as there are buffers. */
    private void post(ReceivedFrame frame) {
        frame.next = null;
        unshown++;
        if (!ring.addWritable(frame.buffer.address(), frame.buffer.size(), frame.slot)) {
            throw new IllegalStateException(
                    "receive queue " + ring.index() + " is full of other things than its buffers");
        }
    }

    int count() {
        return slots.length;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Buffers shown one at a time make both sides look at the same memory all the time. But the device never has fewer
     * than it could be shown, so it does not run out of them.
     */
    @Override
    boolean isWorthShowing() {
        return unshown >= shown || unshown * BATCHES >= slots.length;
    }

    @Override
    boolean publish() {
        shown += unshown;
        unshown = 0;
        return ring.publish();
    }

    @Override
    boolean hasFrame() {
        return readyCount > 0;
    }

    /**
     * Takes used buffers off the ring and makes frames of them.
     *
     * @param most frames
     * @return how many buffers there were
     * @throws VirtqueueException if the device made some up, or nobody can tell any more where a frame begins
     */
    @Override
    int harvest(int most) {
        int buffers = 0;
        while (readyCount < most) {
            int slot = ring.poll();
            if (slot == DriverVirtqueue.NONE) {
                break;
            }
            buffers++;
            shown--;
            ReceivedFrame frame = slots[slot];
            if (partial == null) {
                begin(frame, ring.usedLength());
            } else {
                append(partial, frame, ring.usedLength());
            }
        }
        return buffers;
    }

    private void begin(ReceivedFrame frame, int used) {
        if (used < headerSize) {
            drop(frame);
            return;
        }
        int buffers = frame.readHeader();
        if (hashes) {
            frame.readHash();
        }
        frame.dataOffset = headerSize;
        frame.dataLength = used - headerSize;
        frame.length = frame.dataLength;
        if (!mergeable || buffers == 1) {
            complete(frame);
        } else if (buffers == 0) {
            drop(frame);
        } else if (buffers > slots.length) {
            throw new VirtqueueException("a frame of " + buffers + " buffers, where there are " + slots.length);
        } else {
            partial = frame;
            last = frame;
            missing = buffers - 1;
        }
    }

    private void append(ReceivedFrame first, ReceivedFrame piece, int used) {
        piece.dataOffset = 0;
        piece.dataLength = used;
        first.length += used;
        if (last != null) {
            last.next = piece;
        }
        last = piece;
        missing--;
        if (missing == 0) {
            partial = null;
            last = null;
            complete(first);
        }
    }

    private void complete(ReceivedFrame frame) {
        if (!isSound(frame)) {
            drop(frame);
            return;
        }
        frames++;
        bytes += frame.length;
        int end = firstReady + readyCount;
        ready[end < ready.length ? end : end - ready.length] = frame.slot;
        readyCount++;
    }

    private boolean isSound(ReceivedFrame frame) {
        if (frame.length == 0) {
            return false;
        }
        if (frame.needsChecksum()) {
            int end = frame.checksumStart() + frame.checksumOffset() + Short.BYTES;
            if (!features.has(NetFeatures.GUEST_CSUM) || end > frame.length) {
                return false;
            }
        }
        int type = frame.segmentationType();
        return type == NetHeader.GSO_NONE || NetShape.mayReceive(type, features);
    }

    private void drop(ReceivedFrame frame) {
        malformed++;
        repost(frame);
    }

    private void repost(ReceivedFrame frame) {
        ReceivedFrame piece = frame;
        while (piece != null) {
            ReceivedFrame following = piece.next;
            post(piece);
            piece = following;
        }
    }

    /** Takes the oldest frame; there is one. */
    ReceivedFrame takeReady() {
        ReceivedFrame frame = slots[ready[firstReady]];
        firstReady = firstReady + 1 == ready.length ? 0 : firstReady + 1;
        readyCount--;
        frame.held = true;
        return frame;
    }

    /** Takes a frame back. Without a device its buffers wait for the next reset. */
    void release(ReceivedFrame frame) {
        if (!frame.held || slots[frame.slot] != frame) {
            throw new IllegalStateException("a received frame is released once, to the driver that it came from");
        }
        frame.held = false;
        repost(frame);
    }

    /** Gives everything to a device that was reset, except what someone holds or is ready: those frames were complete. */
    @Override
    void restart() {
        ring.reset();
        shown = 0;
        unshown = 0;
        if (partial != null) {
            lost++;
        }
        partial = null;
        last = null;
        missing = 0;
        for (ReceivedFrame frame : slots) {
            frame.dataLength = ofDevice(frame) ? -1 : frame.dataLength;
        }
        for (ReceivedFrame frame : slots) {
            if (frame.dataLength < 0) {
                post(frame);
            }
        }
    }

    /** Whether a buffer is part of no complete frame. Looks through all of them: for resets only. */
    private boolean ofDevice(ReceivedFrame buffer) {
        for (ReceivedFrame frame : slots) {
            if (frame.held && isPart(buffer, frame)) {
                return false;
            }
        }
        for (int i = 0; i < readyCount; i++) {
            if (isPart(buffer, slots[ready[(firstReady + i) % ready.length]])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPart(ReceivedFrame buffer, ReceivedFrame frame) {
        ReceivedFrame piece = frame;
        while (piece != null && piece != buffer) {
            piece = piece.next;
        }
        return piece == buffer;
    }
}
