// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/** Layouts of payloads ("Payload"): byte offsets from the payload's start, and sizes in bytes. */
public final class Payload {
    /** Bytes of a single u64. */
    public static final int U64_SIZE = 8;

    // Vring state description.

    /** le32, index of the ring. */
    public static final int VRING_INDEX = 0;

    /** le32. */
    public static final int VRING_NUM = 4;

    public static final int VRING_STATE_SIZE = 8;

    // Vring address description; its index is VRING_INDEX.

    /** le32. */
    public static final int ADDRESS_FLAGS = 4;

    /** le64, a user address, like the next two. */
    public static final int ADDRESS_DESCRIPTOR = 8;

    public static final int ADDRESS_USED = 16;
    public static final int ADDRESS_AVAILABLE = 24;

    /** le64, a guest address. */
    public static final int ADDRESS_LOG = 32;

    public static final int ADDRESS_SIZE = 40;

    /** Bit of {@link #ADDRESS_FLAGS}: writes to the used ring are logged, from {@link #ADDRESS_LOG} on. */
    public static final int VRING_F_LOG = 1;

    // The u64 of SET_VRING_KICK, CALL and ERR.

    /** Bits that hold the index of the ring. */
    public static final int VRING_INDEX_MASK = 0xff;

    /** Bit: no descriptor comes with the message. */
    public static final int VRING_NO_DESCRIPTOR = 1 << 8;

    // Memory regions description: a count, then regions. A single memory region: 8 bytes of padding, then a region.

    /** le32, number of regions. */
    public static final int REGION_COUNT = 0;

    /** Where the first region starts, or the only one. */
    public static final int REGIONS = 8;

    /** Regions that one message can describe. */
    public static final int MAX_REGIONS = 8;

    public static final int REGION_SIZE = 32;

    /** le64, from the start of a region, as are the next three. */
    public static final int REGION_GUEST_ADDRESS = 0;

    public static final int REGION_LENGTH = 8;
    public static final int REGION_USER_ADDRESS = 16;
    public static final int REGION_MMAP_OFFSET = 24;

    // Virtio device config space.

    /** le32. */
    public static final int CONFIG_OFFSET = 0;

    /** le32, bytes. */
    public static final int CONFIG_LENGTH = 4;

    /** le32. */
    public static final int CONFIG_FLAGS = 8;

    /** The bytes themselves. */
    public static final int CONFIG_BYTES = 12;

    /** The most bytes of configuration space that one message carries. */
    public static final int MAX_CONFIG_BYTES = 256;

    /** {@link #CONFIG_FLAGS}: a driver writes. */
    public static final int CONFIG_WRITABLE = 0;

    /** {@link #CONFIG_FLAGS}: the state of a device that migrates. */
    public static final int CONFIG_LIVE_MIGRATION = 1;

    // Log description.

    /** le64, bytes. */
    public static final int LOG_LENGTH = 0;

    /** le64. */
    public static final int LOG_OFFSET = 8;

    public static final int LOG_SIZE = 16;

    /** Bytes of guest memory that one bit of the log stands for. */
    public static final int LOG_PAGE = 4096;

    // Inflight description.

    /** le64, bytes. */
    public static final int INFLIGHT_MMAP_SIZE = 0;

    /** le64. */
    public static final int INFLIGHT_MMAP_OFFSET = 8;

    /** le16. */
    public static final int INFLIGHT_QUEUES = 16;

    /** le16, descriptors of each queue. */
    public static final int INFLIGHT_QUEUE_SIZE = 18;

    /** Bytes that mean something. The C structure is padded to 24. */
    public static final int INFLIGHT_LEAST_SIZE = 20;

    public static final int INFLIGHT_SIZE = 24;

    // Device state transfer parameters, and the reply to them.

    /** le32, {@link #STATE_SAVE} or {@link #STATE_LOAD}. */
    public static final int STATE_DIRECTION = 0;

    /** le32, {@link #STATE_STOPPED}. */
    public static final int STATE_PHASE = 4;

    public static final int STATE_SIZE = 8;

    /** {@link #STATE_DIRECTION}: from the back-end that the guest leaves. */
    public static final int STATE_SAVE = 0;

    /** {@link #STATE_DIRECTION}: to the back-end that the guest comes to. */
    public static final int STATE_LOAD = 1;

    /** {@link #STATE_PHASE}: all vrings are stopped. */
    public static final int STATE_STOPPED = 0;

    /** Bits of the reply that are 0 after success. */
    public static final int STATE_ERROR_MASK = 0xff;

    /** Bit of the reply: no descriptor comes with it, so that the one of the request is used. */
    public static final int STATE_NO_DESCRIPTOR = 1 << 8;

    /** No message is longer, apart from its header. */
    public static final int MAX_SIZE = 1024;

    private Payload() {}
}
