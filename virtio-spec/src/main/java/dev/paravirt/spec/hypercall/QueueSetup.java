// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/** What {@link Hypercall#QUEUE_SETUP} reads. Byte offsets; fields are little-endian; aligned to 8 bytes. */
public final class QueueSetup {
    /** le16, virtqueue index. */
    public static final int QUEUE = 0;

    /** le16, queue size in descriptors, 1 to the maximum that QUEUE_MAX_SIZE gave. */
    public static final int QUEUE_SIZE = 2;

    /** le32, interrupt line for used buffer notifications, or {@link Hypercall#NO_LINE}. */
    public static final int LINE = 4;

    /** le64, guest-physical address: Descriptor Table or Descriptor Ring. */
    public static final int DESCRIPTOR_AREA = 8;

    /** le64, guest-physical address: Available Ring or Driver Event Suppression. */
    public static final int DRIVER_AREA = 16;

    /** le64, guest-physical address: Used Ring or Device Event Suppression. */
    public static final int DEVICE_AREA = 24;

    public static final int SIZE = 32;

    private QueueSetup() {}
}
