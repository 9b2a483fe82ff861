// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

/**
 * Where things are in a split virtqueue (VIRTIO 1.4, "Split Virtqueues"). Offsets and sizes are bytes, fields are
 * little-endian.
 *
 * <p>Methods that take a queue size expect one that {@link QueueSize#isValidSplit} accepts; they do not check it.
 */
public final class SplitLayout {
    /** Alignment of the Descriptor Table (Descriptor Area). */
    public static final int DESCRIPTOR_TABLE_ALIGNMENT = 16;

    /** Alignment of the Available Ring (Driver Area). */
    public static final int AVAILABLE_RING_ALIGNMENT = 2;

    /** Alignment of the Used Ring (Device Area). */
    public static final int USED_RING_ALIGNMENT = 4;

    /** Size of one descriptor, in the table as in an indirect table. */
    public static final int DESCRIPTOR_SIZE = 16;

    /** le64, guest-physical address. */
    public static final int DESCRIPTOR_ADDR = 0;

    /** le32, bytes. */
    public static final int DESCRIPTOR_LEN = 8;

    /** le16, {@code DESC_F_} bits. */
    public static final int DESCRIPTOR_FLAGS = 12;

    /** le16, index of the next descriptor of the chain if {@link #DESC_F_NEXT} is set. */
    public static final int DESCRIPTOR_NEXT = 14;

    /** VIRTQ_DESC_F_NEXT: the chain goes on. */
    public static final int DESC_F_NEXT = 1;

    /** VIRTQ_DESC_F_WRITE: device-writable, otherwise device-readable. */
    public static final int DESC_F_WRITE = 2;

    /** VIRTQ_DESC_F_INDIRECT: the buffer is a table of descriptors. */
    public static final int DESC_F_INDIRECT = 4;

    /** le16, {@link #AVAIL_F_NO_INTERRUPT}. */
    public static final int AVAIL_FLAGS = 0;

    /** le16, where the driver puts the next entry, modulo 65536. */
    public static final int AVAIL_IDX = 2;

    /** le16 for each entry: head of a descriptor chain. */
    public static final int AVAIL_RING = 4;

    /** Size of one entry of the Available Ring. */
    public static final int AVAIL_ENTRY_SIZE = 2;

    /** VIRTQ_AVAIL_F_NO_INTERRUPT: the driver asks for no used buffer notifications; without EVENT_IDX. */
    public static final int AVAIL_F_NO_INTERRUPT = 1;

    /** le16, {@link #USED_F_NO_NOTIFY}. */
    public static final int USED_FLAGS = 0;

    /** le16, where the device puts the next element, modulo 65536. */
    public static final int USED_IDX = 2;

    /** The first used element. */
    public static final int USED_RING = 4;

    /** Size of one used element. */
    public static final int USED_ELEMENT_SIZE = 8;

    /** le32 within a used element: head of the descriptor chain that was used. */
    public static final int USED_ELEMENT_ID = 0;

    /** le32 within a used element: bytes written to the device-writable part. */
    public static final int USED_ELEMENT_LEN = 4;

    /** VIRTQ_USED_F_NO_NOTIFY: the device asks for no available buffer notifications; without EVENT_IDX. */
    public static final int USED_F_NO_NOTIFY = 1;

    /** Parts begin a cache line of their own, so that words written by different sides never share one. */
    private static final int CACHE_LINE = 64;

    private SplitLayout() {}

    /** Size of the Descriptor Table. */
    public static int descriptorTableSize(int queueSize) {
        return queueSize * DESCRIPTOR_SIZE;
    }

    /** Size of the Available Ring, used_event included. */
    public static int availableRingSize(int queueSize) {
        return AVAIL_RING + queueSize * AVAIL_ENTRY_SIZE + 2;
    }

    /** Size of the Used Ring, avail_event included. */
    public static int usedRingSize(int queueSize) {
        return USED_RING + queueSize * USED_ELEMENT_SIZE + 2;
    }

    /** Offset of used_event (le16) in the Available Ring. */
    public static int usedEvent(int queueSize) {
        return AVAIL_RING + queueSize * AVAIL_ENTRY_SIZE;
    }

    /** Offset of avail_event (le16) in the Used Ring. */
    public static int availEvent(int queueSize) {
        return USED_RING + queueSize * USED_ELEMENT_SIZE;
    }

    /** Offset of a descriptor in the Descriptor Table. */
    public static int descriptor(int index) {
        return index * DESCRIPTOR_SIZE;
    }

    /** Offset of an entry in the Available Ring. {@code slot} is below the queue size. */
    public static int availableEntry(int slot) {
        return AVAIL_RING + slot * AVAIL_ENTRY_SIZE;
    }

    /** Offset of a used element in the Used Ring. {@code slot} is below the queue size. */
    public static int usedElement(int slot) {
        return USED_RING + slot * USED_ELEMENT_SIZE;
    }

    /**
     * Where the Available Ring goes when the whole queue is one allocation that starts with the Descriptor Table and is
     * aligned to 64 bytes. Any placement that keeps the alignments is as valid; this one keeps the sides apart.
     */
    public static int availableRingOffset(int queueSize) {
        return alignUp(descriptorTableSize(queueSize));
    }

    /** Where the Used Ring goes in the allocation of {@link #availableRingOffset}. */
    public static int usedRingOffset(int queueSize) {
        return alignUp(availableRingOffset(queueSize) + availableRingSize(queueSize));
    }

    /** Size of the allocation of {@link #availableRingOffset}. */
    public static int totalSize(int queueSize) {
        return alignUp(usedRingOffset(queueSize) + usedRingSize(queueSize));
    }

    private static int alignUp(int offset) {
        return (offset + CACHE_LINE - 1) & -CACHE_LINE;
    }
}
