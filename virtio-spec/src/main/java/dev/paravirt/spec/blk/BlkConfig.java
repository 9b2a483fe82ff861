// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

import dev.paravirt.spec.FeatureBits;

/**
 * The configuration space of the block device: struct virtio_blk_config (VIRTIO 1.4, "Block Device / Device
 * configuration layout"). Byte offsets; fields are little-endian; "sectors" are always 512 bytes.
 */
public final class BlkConfig {
    /** le64, sectors; always there. */
    public static final int CAPACITY = 0;

    /** le32, bytes; with SIZE_MAX. */
    public static final int SIZE_MAX = 8;

    /** le32; with SEG_MAX. */
    public static final int SEG_MAX = 12;

    /** le16; with GEOMETRY. */
    public static final int GEOMETRY_CYLINDERS = 16;

    /** u8; with GEOMETRY. */
    public static final int GEOMETRY_HEADS = 18;

    /** u8; with GEOMETRY. */
    public static final int GEOMETRY_SECTORS = 19;

    /** le32, bytes; with BLK_SIZE. */
    public static final int BLK_SIZE = 20;

    /** u8, log2 of logical blocks in a physical block; with TOPOLOGY. */
    public static final int TOPOLOGY_PHYSICAL_BLOCK_EXP = 24;

    /** u8, logical blocks to the first aligned one; with TOPOLOGY. */
    public static final int TOPOLOGY_ALIGNMENT_OFFSET = 25;

    /** le16, logical blocks; with TOPOLOGY. */
    public static final int TOPOLOGY_MIN_IO_SIZE = 26;

    /** le32, logical blocks; with TOPOLOGY. */
    public static final int TOPOLOGY_OPT_IO_SIZE = 28;

    /** u8, {@link #WRITETHROUGH} or {@link #WRITEBACK_CACHE}; writable; with CONFIG_WCE. */
    public static final int WRITEBACK = 32;

    /** u8, 0. */
    public static final int UNUSED0 = 33;

    /** le16; with MQ. */
    public static final int NUM_QUEUES = 34;

    /** le32, sectors; with DISCARD. */
    public static final int MAX_DISCARD_SECTORS = 36;

    /** le32; with DISCARD. */
    public static final int MAX_DISCARD_SEG = 40;

    /** le32, sectors; with DISCARD. */
    public static final int DISCARD_SECTOR_ALIGNMENT = 44;

    /** le32, sectors; with WRITE_ZEROES. */
    public static final int MAX_WRITE_ZEROES_SECTORS = 48;

    /** le32; with WRITE_ZEROES. */
    public static final int MAX_WRITE_ZEROES_SEG = 52;

    /** u8, 0 or 1; with WRITE_ZEROES. */
    public static final int WRITE_ZEROES_MAY_UNMAP = 56;

    /** u8[3], 0. */
    public static final int UNUSED1 = 57;

    /** le32, sectors; with SECURE_ERASE. */
    public static final int MAX_SECURE_ERASE_SECTORS = 60;

    /** le32; with SECURE_ERASE. */
    public static final int MAX_SECURE_ERASE_SEG = 64;

    /** le32, sectors; with SECURE_ERASE. */
    public static final int SECURE_ERASE_SECTOR_ALIGNMENT = 68;

    /** le32, sectors; with ZONED, as are all that follow. */
    public static final int ZONED_ZONE_SECTORS = 72;

    /** le32, 0 for no limit. */
    public static final int ZONED_MAX_OPEN_ZONES = 76;

    /** le32, 0 for no limit. */
    public static final int ZONED_MAX_ACTIVE_ZONES = 80;

    /** le32, sectors. */
    public static final int ZONED_MAX_APPEND_SECTORS = 84;

    /** le32, bytes. */
    public static final int ZONED_WRITE_GRANULARITY = 88;

    /** u8, one of the {@code MODEL_} values of {@link BlkZoned}. */
    public static final int ZONED_MODEL = 92;

    /** u8[3], 0. */
    public static final int UNUSED2 = 93;

    /** Size of the whole structure in VIRTIO 1.4. */
    public static final int SIZE = 96;

    /** Size of the part that every block device has: capacity. */
    public static final int MIN_SIZE = 8;

    /** Value of {@link #WRITEBACK}: a write is on stable storage when it completes. */
    public static final int WRITETHROUGH = 0;

    /** Value of {@link #WRITEBACK}: a write is on stable storage when a later flush completes. */
    public static final int WRITEBACK_CACHE = 1;

    private BlkConfig() {}

    /**
     * How much of the structure must be there for a device with these features. A driver checks that the configuration
     * space is at least this large, and accepts any larger one.
     */
    public static int requiredSize(FeatureBits features) {
        if (features.has(BlkFeatures.ZONED)) {
            return SIZE;
        }
        if (features.has(BlkFeatures.SECURE_ERASE)) {
            return SECURE_ERASE_SECTOR_ALIGNMENT + 4;
        }
        if (features.has(BlkFeatures.WRITE_ZEROES)) {
            return WRITE_ZEROES_MAY_UNMAP + 1;
        }
        if (features.has(BlkFeatures.DISCARD)) {
            return DISCARD_SECTOR_ALIGNMENT + 4;
        }
        if (features.has(BlkFeatures.MQ)) {
            return NUM_QUEUES + 2;
        }
        if (features.has(BlkFeatures.CONFIG_WCE)) {
            return WRITEBACK + 1;
        }
        if (features.has(BlkFeatures.TOPOLOGY)) {
            return TOPOLOGY_OPT_IO_SIZE + 4;
        }
        if (features.has(BlkFeatures.BLK_SIZE)) {
            return BLK_SIZE + 4;
        }
        if (features.has(BlkFeatures.GEOMETRY)) {
            return GEOMETRY_SECTORS + 1;
        }
        if (features.has(BlkFeatures.SEG_MAX)) {
            return SEG_MAX + 4;
        }
        return features.has(BlkFeatures.SIZE_MAX) ? SIZE_MAX + 4 : MIN_SIZE;
    }
}
