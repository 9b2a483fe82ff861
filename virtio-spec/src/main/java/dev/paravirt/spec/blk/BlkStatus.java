// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

/** The status byte of a block request (VIRTIO 1.4, "Block Device / Device Operation"). */
public final class BlkStatus {
    /** VIRTIO_BLK_S_OK. */
    public static final int OK = 0;

    /** VIRTIO_BLK_S_IOERR: a device or driver error. */
    public static final int IOERR = 1;

    /** VIRTIO_BLK_S_UNSUPP: the device does not do such requests. */
    public static final int UNSUPP = 2;

    /** VIRTIO_BLK_S_ZONE_INVALID_CMD. */
    public static final int ZONE_INVALID_CMD = 3;

    /** VIRTIO_BLK_S_ZONE_UNALIGNED_WP. */
    public static final int ZONE_UNALIGNED_WP = 4;

    /** VIRTIO_BLK_S_ZONE_OPEN_RESOURCE. */
    public static final int ZONE_OPEN_RESOURCE = 5;

    /** VIRTIO_BLK_S_ZONE_ACTIVE_RESOURCE. */
    public static final int ZONE_ACTIVE_RESOURCE = 6;

    private BlkStatus() {}

    /**
     * The words for a status in a message to a person.
     *
     * @param status any value, also one that a device made up
     */
    public static String describe(int status) {
        return switch (status) {
            case OK -> "OK";
            case IOERR -> "I/O error";
            case UNSUPP -> "not supported by the device";
            case ZONE_INVALID_CMD -> "command not valid for the zone";
            case ZONE_UNALIGNED_WP -> "write not at the zone's write pointer";
            case ZONE_OPEN_RESOURCE -> "too many open zones";
            case ZONE_ACTIVE_RESOURCE -> "too many active zones";
            default -> "status " + status + ", which VIRTIO does not define";
        };
    }
}
