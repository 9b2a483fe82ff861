// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

/**
 * How cylinders, heads and sectors are translated to sector numbers (ATA/ATAPI-6, "Sector addressing").
 *
 * @param heads 1 to 16
 * @param sectors of a track, 1 to 255
 */
record AtaGeometry(int cylinders, int heads, int sectors) {
    private static final int MAX_CYLINDERS = 65_535;
    private static final int DEFAULT_CYLINDERS = 16_383;
    private static final int DEFAULT_HEADS = 16;
    private static final int DEFAULT_SECTORS = 63;

    /** What a disk of this many sectors says of itself. */
    static AtaGeometry of(long capacity) {
        int sectors = (int) Math.min(DEFAULT_SECTORS, capacity);
        int heads = (int) Math.min(DEFAULT_HEADS, capacity / sectors);
        return new AtaGeometry((int) Math.min(DEFAULT_CYLINDERS, capacity / ((long) heads * sectors)), heads, sectors);
    }

    /** What a host asks for with INITIALIZE DEVICE PARAMETERS. */
    static AtaGeometry of(long capacity, int heads, int sectors) {
        return new AtaGeometry((int) Math.min(MAX_CYLINDERS, capacity / ((long) heads * sectors)), heads, sectors);
    }

    /** The sector number, or -1 if the address is none of this geometry. */
    long lba(int cylinder, int head, int sector) {
        boolean there = cylinder < cylinders && head < heads && sector >= 1 && sector <= sectors;
        return there ? ((long) cylinder * heads + head) * sectors + sector - 1 : -1;
    }

    int cylinder(long lba) {
        return (int) (lba / ((long) heads * sectors));
    }

    int head(long lba) {
        return (int) (lba / sectors % heads);
    }

    int sector(long lba) {
        return (int) (lba % sectors) + 1;
    }

    /** Sectors that can be reached so. */
    int capacity() {
        return (int) Math.min(Integer.MAX_VALUE, (long) cylinders * heads * sectors);
    }
}
