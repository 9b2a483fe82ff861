// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

/**
 * The wrap-around arithmetic of rings; the one place that has it.
 *
 * <p><b>Split rings</b> count entries with free-running 16-bit indices. An index is held in an {@code int} from 0 to
 * 65535.
 *
 * <p><b>Packed rings</b> count descriptors with an offset below the queue size and a wrap counter, which starts as 1 and
 * flips each time the offset starts over. Together they are a <em>position</em>, encoded as the ring itself encodes
 * one: the offset in bits 0 to 14, the wrap counter in bit 15 (VIRTIO 1.4, "Event Suppression Structure Format").
 */
public final class RingIndex {
    /** One more than the largest 16-bit index. */
    public static final int MODULUS = 1 << 16;

    /** The wrap counter within a position. */
    public static final int WRAP = 1 << 15;

    /** The position at which a packed ring starts: offset 0, wrap counter 1. */
    public static final int FIRST_POSITION = WRAP;

    private static final int MASK = MODULUS - 1;
    private static final int OFFSET_MASK = WRAP - 1;

    private RingIndex() {}

    /** {@code index} brought back into 0 to 65535: what is left of any sum or difference of indices. */
    public static int wrap(int index) {
        return index & MASK;
    }

    /** The index {@code count} entries on. */
    public static int advance(int index, int count) {
        return (index + count) & MASK;
    }

    /** How many entries lie between {@code from} and {@code to}, going forward: 0 to 65535. */
    public static int distance(int from, int to) {
        return (to - from) & MASK;
    }

    /** The slot of the ring where an index points. {@code queueSize} is a power of two. */
    public static int slot(int index, int queueSize) {
        return index & (queueSize - 1);
    }

    /**
     * Whether moving a split ring's index from {@code oldIndex} to {@code newIndex} passes over entry {@code event}, so
     * that a notification is due (VIRTIO 1.4, "Used Buffer Notification Suppression" and "Available Buffer Notification
     * Suppression"): whether {@code event} is one of {@code oldIndex .. newIndex - 1}.
     *
     * @param event used_event or avail_event as the other side wrote it, 0 to 65535
     */
    public static boolean needEvent(int event, int newIndex, int oldIndex) {
        return ((newIndex - event - 1) & MASK) < ((newIndex - oldIndex) & MASK);
    }

    /** The position of a packed ring made of an offset, below 32768, and a wrap counter. */
    public static int position(int offset, boolean wrapCounter) {
        return wrapCounter ? offset | WRAP : offset;
    }

    /** The offset of a position: 0 to 32767. One that a peer wrote may be past the end of the ring. */
    public static int offset(int position) {
        return position & OFFSET_MASK;
    }

    /** The wrap counter of a position. */
    public static boolean wrapCounter(int position) {
        return (position & WRAP) != 0;
    }

    /**
     * The position {@code count} descriptors on.
     *
     * @param position with an offset below {@code queueSize}
     * @param count 0 to {@code queueSize}
     */
    public static int advancePosition(int position, int count, int queueSize) {
        int offset = (position & OFFSET_MASK) + count;
        int wrap = position & WRAP;
        if (offset >= queueSize) {
            offset -= queueSize;
            wrap ^= WRAP;
        }
        return offset | wrap;
    }

    /**
     * How many descriptors lie between two positions, going forward: 0 to {@code 2 * queueSize - 1}. The wrap counter
     * tells two laps apart, so a full ring ({@code queueSize}) differs from an empty one (0).
     *
     * @param from with an offset below {@code queueSize}
     * @param to with an offset below {@code queueSize}
     */
    public static int positionDistance(int from, int to, int queueSize) {
        int distance = linear(to, queueSize) - linear(from, queueSize);
        return distance < 0 ? distance + 2 * queueSize : distance;
    }

    /**
     * Whether writing {@code count} descriptors up to (not including) {@code newPosition} passes over the descriptor at
     * {@code event}, so that a notification is due under RING_EVENT_FLAGS_DESC.
     *
     * @param event the position that the other side wrote; one past the end of the ring is never passed
     * @param newPosition with an offset below {@code queueSize}
     * @param count 0 to {@code queueSize}
     */
    public static boolean needEventPacked(int event, int newPosition, int count, int queueSize) {
        if ((event & OFFSET_MASK) >= queueSize) {
            return false;
        }
        int behind = positionDistance(event, newPosition, queueSize);
        return behind >= 1 && behind <= count;
    }

    /** A position as a number within two laps: 0 to {@code 2 * queueSize - 1}. */
    private static int linear(int position, int queueSize) {
        int offset = position & OFFSET_MASK;
        return (position & WRAP) != 0 ? offset : offset + queueSize;
    }
}
