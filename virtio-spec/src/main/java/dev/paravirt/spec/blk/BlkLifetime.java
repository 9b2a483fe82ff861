// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

/**
 * The data of a get lifetime request: struct virtio_blk_lifetime (VIRTIO 1.4, "Block Device / Device Operation"). Byte
 * offsets; fields are little-endian.
 */
public final class BlkLifetime {
    /** le16, reserved blocks consumed: one of the {@code PRE_EOL_INFO_} values. */
    public static final int PRE_EOL_INFO_FIELD = 0;

    /** le16, wear of SLC cells, in steps of 10 percent: 1 for up to 10, 11 for the end of life; 0 if unknown. */
    public static final int DEVICE_LIFETIME_EST_TYP_A = 2;

    /** le16, wear of MLC cells, in the same steps. */
    public static final int DEVICE_LIFETIME_EST_TYP_B = 4;

    /** Size of the structure. */
    public static final int SIZE = 6;

    /** Not available. */
    public static final int PRE_EOL_INFO_UNDEFINED = 0;

    /** Below 80 percent. */
    public static final int PRE_EOL_INFO_NORMAL = 1;

    /** 80 percent. */
    public static final int PRE_EOL_INFO_WARNING = 2;

    /** 90 percent. */
    public static final int PRE_EOL_INFO_URGENT = 3;

    private BlkLifetime() {}
}
