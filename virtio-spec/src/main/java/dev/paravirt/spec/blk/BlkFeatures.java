// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

import dev.paravirt.spec.Features;

/** Feature bits of the block device, as bit numbers (VIRTIO 1.4, "Block Device / Feature bits"). */
public final class BlkFeatures {
    /** VIRTIO_BLK_F_BARRIER; legacy interface only. */
    public static final int LEGACY_BARRIER = 0;

    /** VIRTIO_BLK_F_SIZE_MAX: the largest segment is in size_max. */
    public static final int SIZE_MAX = 1;

    /** VIRTIO_BLK_F_SEG_MAX: the largest number of segments in a request is in seg_max. */
    public static final int SEG_MAX = 2;

    /** VIRTIO_BLK_F_GEOMETRY. */
    public static final int GEOMETRY = 4;

    /** VIRTIO_BLK_F_RO: the device is read-only. */
    public static final int RO = 5;

    /** VIRTIO_BLK_F_BLK_SIZE: the block size is in blk_size. */
    public static final int BLK_SIZE = 6;

    /** VIRTIO_BLK_F_SCSI; legacy interface only. */
    public static final int LEGACY_SCSI = 7;

    /** VIRTIO_BLK_F_FLUSH: the flush command. */
    public static final int FLUSH = 9;

    /** VIRTIO_BLK_F_TOPOLOGY: optimal I/O alignment and sizes. */
    public static final int TOPOLOGY = 10;

    /** VIRTIO_BLK_F_CONFIG_WCE: the driver can switch between writeback and writethrough. */
    public static final int CONFIG_WCE = 11;

    /** VIRTIO_BLK_F_MQ: num_queues queues. */
    public static final int MQ = 12;

    /** VIRTIO_BLK_F_DISCARD: the discard command. */
    public static final int DISCARD = 13;

    /** VIRTIO_BLK_F_WRITE_ZEROES: the write zeroes command. */
    public static final int WRITE_ZEROES = 14;

    /** VIRTIO_BLK_F_LIFETIME: the get lifetime command. */
    public static final int LIFETIME = 15;

    /** VIRTIO_BLK_F_SECURE_ERASE: the secure erase command. */
    public static final int SECURE_ERASE = 16;

    /** VIRTIO_BLK_F_ZONED: a zoned block device. */
    public static final int ZONED = 17;

    private BlkFeatures() {}

    /** The specification's name of a bit that a block device may offer; {@code bit N} for others. */
    public static String name(int bit) {
        return switch (bit) {
            case LEGACY_BARRIER -> "VIRTIO_BLK_F_BARRIER";
            case SIZE_MAX -> "VIRTIO_BLK_F_SIZE_MAX";
            case SEG_MAX -> "VIRTIO_BLK_F_SEG_MAX";
            case GEOMETRY -> "VIRTIO_BLK_F_GEOMETRY";
            case RO -> "VIRTIO_BLK_F_RO";
            case BLK_SIZE -> "VIRTIO_BLK_F_BLK_SIZE";
            case LEGACY_SCSI -> "VIRTIO_BLK_F_SCSI";
            case FLUSH -> "VIRTIO_BLK_F_FLUSH";
            case TOPOLOGY -> "VIRTIO_BLK_F_TOPOLOGY";
            case CONFIG_WCE -> "VIRTIO_BLK_F_CONFIG_WCE";
            case MQ -> "VIRTIO_BLK_F_MQ";
            case DISCARD -> "VIRTIO_BLK_F_DISCARD";
            case WRITE_ZEROES -> "VIRTIO_BLK_F_WRITE_ZEROES";
            case LIFETIME -> "VIRTIO_BLK_F_LIFETIME";
            case SECURE_ERASE -> "VIRTIO_BLK_F_SECURE_ERASE";
            case ZONED -> "VIRTIO_BLK_F_ZONED";
            default -> Features.name(bit);
        };
    }
}
