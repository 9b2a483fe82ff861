// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.RingIndex;

/**
 * The event suppression structure of a packed virtqueue as one 32-bit word, so that its two halves are never seen apart
 * (VIRTIO 1.4, "Event Suppression Structure Format"): the position in bits 0 to 15, the flags in bits 16 and 17.
 */
final class EventSuppression {
    /** No notifications. */
    static final int DISABLE = PackedLayout.RING_EVENT_FLAGS_DISABLE << 16;

    private EventSuppression() {}

    /** A wish to be notified: with an event index for the descriptor at a position, otherwise always. */
    static int enable(boolean eventIndex, int position) {
        return eventIndex ? PackedLayout.RING_EVENT_FLAGS_DESC << 16 | position : PackedLayout.RING_EVENT_FLAGS_ENABLE;
    }

    /**
     * Whether the other side wants to be notified.
     *
     * @param event its structure, as read once
     * @param position behind the descriptors that were written
     * @param count of the descriptors that were written
     */
    static boolean isDue(int event, boolean eventIndex, int position, int count, int size) {
        int flags = event >>> 16 & PackedLayout.RING_EVENT_FLAGS_MASK;
        if (flags == PackedLayout.RING_EVENT_FLAGS_DISABLE) {
            return false;
        }
        if (flags == PackedLayout.RING_EVENT_FLAGS_DESC && eventIndex) {
            return RingIndex.needEventPacked(event & 0xffff, position, count, size);
        }
        // ENABLE, and whatever makes no sense: one notification too many does no harm.
        return true;
    }
}
