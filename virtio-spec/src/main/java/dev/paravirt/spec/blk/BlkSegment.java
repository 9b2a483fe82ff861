// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

/**
 * One segment in the data of a discard, write zeroes or secure erase request: struct virtio_blk_discard_write_zeroes
 * (VIRTIO 1.4, "Block Device / Device Operation"). Byte offsets; fields are little-endian.
 */
public final class BlkSegment {
    /** le64, first sector. */
    public static final int SECTOR = 0;

    /** le32, how many sectors. */
    public static final int NUM_SECTORS = 8;

    /** le32, {@link #FLAG_UNMAP}; all other bits 0. */
    public static final int FLAGS = 12;

    /** Size of a segment. */
    public static final int SIZE = 16;

    /** unmap: the device may discard the range, as long as it then reads as zeroes. Write zeroes only. */
    public static final int FLAG_UNMAP = 1;

    private BlkSegment() {}
}
