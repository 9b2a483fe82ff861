// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.QueueSize;
import dev.paravirt.spec.ring.SplitLayout;

/** Where the parts of a virtqueue may lie, and how large one may be (VIRTIO 1.4, "Virtqueues"). */
final class QueueAreas {
    private QueueAreas() {}

    /** Whether size and alignment are as the format has them; says nothing of what memory there is. */
    static boolean isValid(VirtqueueFormat format, int size, long descriptorArea, long driverArea, long deviceArea) {
        if (format.packed()) {
            return QueueSize.isValidPacked(size)
                    && descriptorArea % PackedLayout.DESCRIPTOR_RING_ALIGNMENT == 0
                    && (driverArea | deviceArea) % PackedLayout.EVENT_SUPPRESSION_ALIGNMENT == 0;
        }
        return QueueSize.isValidSplit(size)
                && descriptorArea % SplitLayout.DESCRIPTOR_TABLE_ALIGNMENT == 0
                && driverArea % SplitLayout.AVAILABLE_RING_ALIGNMENT == 0
                && deviceArea % SplitLayout.USED_RING_ALIGNMENT == 0;
    }
}
