// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

/**
 * Where things are in a packed virtqueue (VIRTIO 1.4, "Packed Virtqueues"). Offsets and sizes are bytes, fields are
 * little-endian. The Driver Area and the Device Area each hold one event suppression structure.
 */
public final class PackedLayout {
    /** Alignment of the Descriptor Ring (Descriptor Area). */
    public static final int DESCRIPTOR_RING_ALIGNMENT = 16;

    /** Alignment of the Driver Event Suppression (Driver Area) and of the Device Event Suppression (Device Area). */
    public static final int EVENT_SUPPRESSION_ALIGNMENT = 4;

    /** Size of one descriptor, in the ring as in an indirect table. */
    public static final int DESCRIPTOR_SIZE = 16;

    /** le64, guest-physical address. */
    public static final int DESCRIPTOR_ADDR = 0;

    /** le32, bytes; in a used descriptor, bytes written. */
    public static final int DESCRIPTOR_LEN = 8;

    /** le16, buffer ID. */
    public static final int DESCRIPTOR_ID = 12;

    /** le16, {@code DESC_F_} bits. */
    public static final int DESCRIPTOR_FLAGS = 14;

    /** VIRTQ_DESC_F_NEXT: the list goes on in the next descriptor of the ring; meaningless in a used descriptor. */
    public static final int DESC_F_NEXT = SplitLayout.DESC_F_NEXT;

    /** VIRTQ_DESC_F_WRITE: device-writable; in a used descriptor, the device has written. */
    public static final int DESC_F_WRITE = SplitLayout.DESC_F_WRITE;

    /** VIRTQ_DESC_F_INDIRECT: the buffer is a table of descriptors. */
    public static final int DESC_F_INDIRECT = SplitLayout.DESC_F_INDIRECT;

    /** VIRTQ_DESC_F_AVAIL: equals the Driver Ring Wrap Counter when the driver makes the descriptor available. */
    public static final int DESC_F_AVAIL = 1 << 7;

    /** VIRTQ_DESC_F_USED: the inverse of AVAIL in an available descriptor, its equal in a used one. */
    public static final int DESC_F_USED = 1 << 15;

    /** Size of an event suppression structure. */
    public static final int EVENT_SUPPRESSION_SIZE = 4;

    /** le16: desc_event_off in bits 0 to 14, desc_event_wrap in bit 15. See {@link RingIndex#position}. */
    public static final int EVENT_DESC = 0;

    /** le16: desc_event_flags in bits 0 and 1, the rest 0. */
    public static final int EVENT_FLAGS = 2;

    /** RING_EVENT_FLAGS_ENABLE: notify always. */
    public static final int RING_EVENT_FLAGS_ENABLE = 0;

    /** RING_EVENT_FLAGS_DISABLE: do not notify. */
    public static final int RING_EVENT_FLAGS_DISABLE = 1;

    /** RING_EVENT_FLAGS_DESC: notify for the descriptor in {@link #EVENT_DESC}; only with EVENT_IDX. */
    public static final int RING_EVENT_FLAGS_DESC = 2;

    /** The bits of {@link #EVENT_FLAGS} that hold a RING_EVENT_FLAGS value. */
    public static final int RING_EVENT_FLAGS_MASK = 3;

    /** Parts begin a cache line of their own, so that words written by different sides never share one. */
    private static final int CACHE_LINE = 64;

    private PackedLayout() {}

    /** Size of the Descriptor Ring. */
    public static int descriptorRingSize(int queueSize) {
        return queueSize * DESCRIPTOR_SIZE;
    }

    /** Offset of a descriptor in the Descriptor Ring. */
    public static int descriptor(int index) {
        return index * DESCRIPTOR_SIZE;
    }

    /** The AVAIL and USED bits of a descriptor that the driver makes available. */
    public static int availableFlags(boolean driverWrap) {
        return driverWrap ? DESC_F_AVAIL : DESC_F_USED;
    }

    /** The AVAIL and USED bits of a descriptor that the device has used. */
    public static int usedFlags(boolean deviceWrap) {
        return deviceWrap ? DESC_F_AVAIL | DESC_F_USED : 0;
    }

    /** Whether flags, as read at the device's next position, say that the driver made the descriptor available. */
    public static boolean isAvailable(int flags, boolean wrap) {
        return (flags & (DESC_F_AVAIL | DESC_F_USED)) == availableFlags(wrap);
    }

    /** Whether flags, as read at the driver's next used position, say that the device used the descriptor. */
    public static boolean isUsed(int flags, boolean wrap) {
        return (flags & (DESC_F_AVAIL | DESC_F_USED)) == usedFlags(wrap);
    }

    /**
     * Where the Driver Event Suppression goes when the whole queue is one allocation that starts with the Descriptor
     * Ring and is aligned to 64 bytes. Any placement that keeps the alignments is as valid; this one keeps the sides
     * apart.
     */
    public static int driverEventSuppressionOffset(int queueSize) {
        return (descriptorRingSize(queueSize) + CACHE_LINE - 1) & -CACHE_LINE;
    }

    /** Where the Device Event Suppression goes in the allocation of {@link #driverEventSuppressionOffset}. */
    public static int deviceEventSuppressionOffset(int queueSize) {
        return driverEventSuppressionOffset(queueSize) + CACHE_LINE;
    }

    /** Size of the allocation of {@link #driverEventSuppressionOffset}. */
    public static int totalSize(int queueSize) {
        return deviceEventSuppressionOffset(queueSize) + CACHE_LINE;
    }
}
