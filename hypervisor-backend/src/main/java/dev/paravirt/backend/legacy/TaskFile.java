// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ata;

/**
 * The command block registers of one drive that the host writes, each with the value that it had before, for 48-bit
 * commands (ATA/ATAPI-6, "48-bit Address feature set").
 */
final class TaskFile {
    private static final int BYTE = 0xff;

    private final int[] current = new int[Ata.COMMAND_BLOCK];
    private final int[] previous = new int[Ata.COMMAND_BLOCK];

    void write(int register, int value) {
        previous[register] = current[register];
        current[register] = value & BYTE;
    }

    int read(int register, boolean highOrderByte) {
        return highOrderByte && register != Ata.DEVICE ? previous[register] : current[register];
    }

    /** What a device puts here tells the host something: the value before goes too. */
    private void set(int register, int low, int high) {
        current[register] = low & BYTE;
        previous[register] = high & BYTE;
    }

    int features() {
        return current[Ata.FEATURES];
    }

    int device() {
        return current[Ata.DEVICE];
    }

    int head() {
        return current[Ata.DEVICE] & Ata.DEVICE_HEAD;
    }

    boolean isLba() {
        return (current[Ata.DEVICE] & Ata.DEVICE_LBA) != 0;
    }

    int sectorCount() {
        return current[Ata.SECTOR_COUNT];
    }

    /** Sectors that a command asks for: 0 stands for the most there can be. */
    int count(boolean ext) {
        int low = current[Ata.SECTOR_COUNT];
        int asked = ext ? previous[Ata.SECTOR_COUNT] << 8 | low : low;
        return asked == 0 ? ext ? Ata.MAX_COUNT_EXT : Ata.MAX_COUNT : asked;
    }

    void setCount(int count) {
        set(Ata.SECTOR_COUNT, count, count >> 8);
    }

    int sector() {
        return current[Ata.LBA_LOW];
    }

    int cylinder() {
        return current[Ata.LBA_HIGH] << 8 | current[Ata.LBA_MID];
    }

    long lba28() {
        return (long) head() << 24 | current[Ata.LBA_HIGH] << 16 | current[Ata.LBA_MID] << 8 | current[Ata.LBA_LOW];
    }

    long lba48() {
        long high = (long) previous[Ata.LBA_HIGH] << 16 | previous[Ata.LBA_MID] << 8 | previous[Ata.LBA_LOW];
        return high << 24 | current[Ata.LBA_HIGH] << 16 | current[Ata.LBA_MID] << 8 | current[Ata.LBA_LOW];
    }

    void setLba28(long lba) {
        setLba48(lba & 0xff_ffff);
        current[Ata.DEVICE] = current[Ata.DEVICE] & ~Ata.DEVICE_HEAD | (int) (lba >> 24) & Ata.DEVICE_HEAD;
    }

    void setLba48(long lba) {
        set(Ata.LBA_LOW, (int) lba, (int) (lba >> 24));
        set(Ata.LBA_MID, (int) (lba >> 8), (int) (lba >> 32));
        set(Ata.LBA_HIGH, (int) (lba >> 16), (int) (lba >> 40));
    }

    void setChs(int cylinder, int head, int sector) {
        set(Ata.LBA_LOW, sector, 0);
        set(Ata.LBA_MID, cylinder, 0);
        set(Ata.LBA_HIGH, cylinder >> 8, 0);
        current[Ata.DEVICE] = current[Ata.DEVICE] & ~Ata.DEVICE_HEAD | head;
    }

    /** What a disk shows after a reset ("Signature and persistence"). */
    void setSignature() {
        set(Ata.SECTOR_COUNT, 1, 0);
        set(Ata.LBA_LOW, 1, 0);
        set(Ata.LBA_MID, 0, 0);
        set(Ata.LBA_HIGH, 0, 0);
        current[Ata.DEVICE] = 0;
    }
}
