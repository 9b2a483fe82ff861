// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

/**
 * Zoned block devices: zone models, and the zone report with its descriptors (VIRTIO 1.4, "Block Device / Device
 * configuration layout" and "Device Operation"). Byte offsets; fields are little-endian.
 */
public final class BlkZoned {
    /** VIRTIO_BLK_Z_NONE: not zoned, or managed by the drive. */
    public static final int MODEL_NONE = 0;

    /** VIRTIO_BLK_Z_HM: host-managed. */
    public static final int MODEL_HOST_MANAGED = 1;

    /** VIRTIO_BLK_Z_HA: host-aware. */
    public static final int MODEL_HOST_AWARE = 2;

    /** le64, how many whole zone descriptors follow. */
    public static final int REPORT_NR_ZONES = 0;

    /** u8[56]. */
    public static final int REPORT_RESERVED = 8;

    /** Where the zone descriptors begin. */
    public static final int REPORT_ZONES = 64;

    /** le64, sectors that can be written. */
    public static final int ZONE_CAP = 0;

    /** le64, first sector. */
    public static final int ZONE_START = 8;

    /** le64, write pointer. */
    public static final int ZONE_WP = 16;

    /** u8, one of the {@code TYPE_} values. */
    public static final int ZONE_TYPE = 24;

    /** u8, one of the {@code STATE_} values. */
    public static final int ZONE_STATE = 25;

    /** u8[38]. */
    public static final int ZONE_RESERVED = 26;

    /** Size of a zone descriptor. */
    public static final int ZONE_SIZE = 64;

    /** VIRTIO_BLK_ZT_CONV: conventional. */
    public static final int TYPE_CONVENTIONAL = 1;

    /** VIRTIO_BLK_ZT_SWR: sequential write required. */
    public static final int TYPE_SEQUENTIAL_REQUIRED = 2;

    /** VIRTIO_BLK_ZT_SWP: sequential write preferred. */
    public static final int TYPE_SEQUENTIAL_PREFERRED = 3;

    /** VIRTIO_BLK_ZS_NOT_WP: conventional, has no write pointer. */
    public static final int STATE_NOT_WP = 0;

    /** VIRTIO_BLK_ZS_EMPTY. */
    public static final int STATE_EMPTY = 1;

    /** VIRTIO_BLK_ZS_IOPEN: implicitly open. */
    public static final int STATE_IMPLICITLY_OPEN = 2;

    /** VIRTIO_BLK_ZS_EOPEN: explicitly open. */
    public static final int STATE_EXPLICITLY_OPEN = 3;

    /** VIRTIO_BLK_ZS_CLOSED. */
    public static final int STATE_CLOSED = 4;

    /** VIRTIO_BLK_ZS_RDONLY. */
    public static final int STATE_READ_ONLY = 13;

    /** VIRTIO_BLK_ZS_FULL. */
    public static final int STATE_FULL = 14;

    /** VIRTIO_BLK_ZS_OFFLINE. */
    public static final int STATE_OFFLINE = 15;

    private BlkZoned() {}
}
