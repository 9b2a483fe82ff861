// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/**
 * The memory in which a back-end notes what it has taken and not yet given back, so that its successor can go on ("Inflight
 * I/O tracking"): a queue region for each virtqueue, which is a header and an entry for each descriptor. Offsets and sizes
 * are bytes.
 *
 * <p>Where a queue region starts is the back-end's to choose: here each has room for either format, so that it does not
 * depend on the order of messages.
 */
public final class InflightLayout {
    /** le64, 0. */
    public static final int FEATURES = 0;

    /** le16, {@link #CURRENT_VERSION}, or 0 if the region was never used. */
    public static final int VERSION = 8;

    /** le16, entries. */
    public static final int DESC_NUM = 10;

    public static final int CURRENT_VERSION = 1;

    // The header of a split virtqueue goes on.

    /** le16, entry from which the last batch of used descriptors is linked. */
    public static final int SPLIT_LAST_BATCH_HEAD = 12;

    /** le16, index of the Used Ring. */
    public static final int SPLIT_USED_IDX = 14;

    public static final int SPLIT_ENTRIES = 16;
    public static final int SPLIT_ENTRY_SIZE = 16;

    // The header of a packed virtqueue goes on.

    /** le16, first free entry. */
    public static final int PACKED_FREE_HEAD = 12;

    /** le16. */
    public static final int PACKED_OLD_FREE_HEAD = 14;

    /** le16, offset of the next used descriptor. */
    public static final int PACKED_USED_IDX = 16;

    /** le16. */
    public static final int PACKED_OLD_USED_IDX = 18;

    /** One byte, 0 or 1. */
    public static final int PACKED_USED_WRAP_COUNTER = 20;

    /** One byte, 0 or 1. */
    public static final int PACKED_OLD_USED_WRAP_COUNTER = 21;

    public static final int PACKED_ENTRIES = 32;
    public static final int PACKED_ENTRY_SIZE = 32;

    // Entries. All begin with a byte that is 1 while the buffer of which this is the head is in flight.

    public static final int INFLIGHT = 0;

    /** le16, the next entry of the batch. */
    public static final int SPLIT_NEXT = 6;

    /** le16, the next free entry, or the next of the same list. */
    public static final int PACKED_NEXT = 2;

    /** le16 of a head: the last entry of its list. */
    public static final int PACKED_LAST = 4;

    /** le16 of a head: entries of its list. */
    public static final int PACKED_NUM = 6;

    /** le64 of a head: buffers are submitted again in this order. */
    public static final int COUNTER = 8;

    /** le16, copied from the descriptor, as are the next three. */
    public static final int PACKED_ID = 16;

    /** le16. */
    public static final int PACKED_FLAGS = 18;

    /** le32. */
    public static final int PACKED_LEN = 20;

    /** le64. */
    public static final int PACKED_ADDR = 24;

    private InflightLayout() {}

    /** Bytes of a queue region with this many entries; a multiple of 32. */
    public static int queueRegionSize(int entries) {
        return PACKED_ENTRIES + entries * PACKED_ENTRY_SIZE;
    }
}
