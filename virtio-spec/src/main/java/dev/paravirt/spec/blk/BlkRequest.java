// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

/**
 * A request to the block device: struct virtio_blk_req (VIRTIO 1.4, "Block Device / Device Operation").
 *
 * <p>A device-readable header, data, and one device-writable status byte at the very end. Where descriptors begin and
 * end means nothing: both sides count bytes. Offsets are bytes, fields little-endian.
 */
public final class BlkRequest {
    /** The unit of {@link #SECTOR} and of every length in sectors, whatever the block size is. */
    public static final int SECTOR_SIZE = 512;

    /** log2 of {@link #SECTOR_SIZE}. */
    public static final int SECTOR_SHIFT = 9;

    /** le32, one of the {@code T_} values. */
    public static final int TYPE = 0;

    /** le32, 0. */
    public static final int RESERVED = 4;

    /** le64, where to begin; 0 unless the request reads, writes or names a zone. */
    public static final int SECTOR = 8;

    /** Size of the header: type, reserved and sector. */
    public static final int HEADER_SIZE = 16;

    /** Size of the status at the end: see {@link BlkStatus}. */
    public static final int STATUS_SIZE = 1;

    /** The smallest request there can be: a header and a status. */
    public static final int MIN_SIZE = HEADER_SIZE + STATUS_SIZE;

    /** Size of append_sector (le64), which stands before the status of {@link #T_ZONE_APPEND}. */
    public static final int APPEND_SECTOR_SIZE = 8;

    /** Size of the device ID string of {@link #T_GET_ID}: ASCII, padded with NUL, not terminated if it is full. */
    public static final int ID_SIZE = 20;

    /** VIRTIO_BLK_T_IN: read. */
    public static final int T_IN = 0;

    /** VIRTIO_BLK_T_OUT: write. */
    public static final int T_OUT = 1;

    /** VIRTIO_BLK_T_FLUSH. */
    public static final int T_FLUSH = 4;

    /** VIRTIO_BLK_T_GET_ID. */
    public static final int T_GET_ID = 8;

    /** VIRTIO_BLK_T_GET_LIFETIME: the data is a {@link BlkLifetime}. */
    public static final int T_GET_LIFETIME = 10;

    /** VIRTIO_BLK_T_DISCARD: the data is {@link BlkSegment}s. */
    public static final int T_DISCARD = 11;

    /** VIRTIO_BLK_T_WRITE_ZEROES: the data is {@link BlkSegment}s. */
    public static final int T_WRITE_ZEROES = 13;

    /** VIRTIO_BLK_T_SECURE_ERASE: the data is {@link BlkSegment}s. */
    public static final int T_SECURE_ERASE = 14;

    /** VIRTIO_BLK_T_ZONE_APPEND. */
    public static final int T_ZONE_APPEND = 15;

    /** VIRTIO_BLK_T_ZONE_REPORT: the data is a zone report, see {@link BlkZoned}. */
    public static final int T_ZONE_REPORT = 16;

    /** VIRTIO_BLK_T_ZONE_OPEN. */
    public static final int T_ZONE_OPEN = 18;

    /** VIRTIO_BLK_T_ZONE_CLOSE. */
    public static final int T_ZONE_CLOSE = 20;

    /** VIRTIO_BLK_T_ZONE_FINISH. */
    public static final int T_ZONE_FINISH = 22;

    /** VIRTIO_BLK_T_ZONE_RESET. */
    public static final int T_ZONE_RESET = 24;

    /** VIRTIO_BLK_T_ZONE_RESET_ALL. */
    public static final int T_ZONE_RESET_ALL = 26;

    private BlkRequest() {}

    /**
     * The words for a request type in a message to a person.
     *
     * @param type any value, also one that a driver made up
     */
    public static String describeType(int type) {
        return switch (type) {
            case T_IN -> "read";
            case T_OUT -> "write";
            case T_FLUSH -> "flush";
            case T_GET_ID -> "get ID";
            case T_GET_LIFETIME -> "get lifetime";
            case T_DISCARD -> "discard";
            case T_WRITE_ZEROES -> "write zeroes";
            case T_SECURE_ERASE -> "secure erase";
            case T_ZONE_APPEND -> "zone append";
            case T_ZONE_REPORT -> "zone report";
            case T_ZONE_OPEN -> "zone open";
            case T_ZONE_CLOSE -> "zone close";
            case T_ZONE_FINISH -> "zone finish";
            case T_ZONE_RESET -> "zone reset";
            case T_ZONE_RESET_ALL -> "zone reset all";
            default -> "request type " + Integer.toUnsignedString(type);
        };
    }
}
