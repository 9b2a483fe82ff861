// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/**
 * How a virtqueue works, as driver and device negotiated it (VIRTIO 1.4, "Reserved Feature Bits").
 *
 * @param packed RING_PACKED: packed instead of split
 * @param indirect INDIRECT_DESC: a descriptor may point to a table of descriptors
 * @param eventIndex EVENT_IDX: each side says after which entry it wants to be notified
 * @param inOrder IN_ORDER: the device uses buffers in the order in which they were made available
 * @param notificationData NOTIFICATION_DATA: a notification says how far the driver has come
 */
public record VirtqueueFormat(
        boolean packed, boolean indirect, boolean eventIndex, boolean inOrder, boolean notificationData) {
    /** Everything that the queues of this package implement; a device offers no ring feature beyond these. */
    public static final FeatureBits FEATURES = FeatureBits.of(
            Features.INDIRECT_DESC,
            Features.EVENT_IDX,
            Features.RING_PACKED,
            Features.IN_ORDER,
            Features.NOTIFICATION_DATA,
            Features.RING_RESET);

    /** The format that negotiated feature bits stand for. */
    public static VirtqueueFormat of(FeatureBits negotiated) {
        return new VirtqueueFormat(
                negotiated.has(Features.RING_PACKED),
                negotiated.has(Features.INDIRECT_DESC),
                negotiated.has(Features.EVENT_IDX),
                negotiated.has(Features.IN_ORDER),
                negotiated.has(Features.NOTIFICATION_DATA));
    }
}
