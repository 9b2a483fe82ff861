// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The geometry of a FAT32 volume, read once from its boot sector and checked in every field that anything is computed
 * from. Offsets are bytes from the start of the volume.
 */
record BootSector(
        int sectorSize,
        int clusterSize,
        long totalSectors,
        int fatCount,
        long fatSize,
        long firstFatOffset,
        int activeFat,
        boolean mirrored,
        long dataOffset,
        int clusterCount,
        int rootCluster,
        long fsInfoOffset,
        int volumeId,
        String label) {

    static final int FIRST_CLUSTER = 2;
    /** Holds the dirty bit that other systems look at beside the one in the allocation table. */
    static final int STATE_FLAGS_OFFSET = 0x41;

    static final int ABSENT = -1;
    private static final int SIZE = 512;
    private static final int MOST_CLUSTERS = 0x0FFF_FFF5;

    static BootSector read(BlockCache cache) throws IOException {
        if (cache.size() < SIZE) {
            throw notFat32("the disk holds only " + cache.size() + " bytes");
        }
        byte[] sector = new byte[SIZE];
        cache.read(0, sector, 0, SIZE);
        return parse(new Bytes(sector), cache.size());
    }

    private static BootSector parse(Bytes boot, long diskSize) throws FileSystemException {
        require(boot.u16(510) == 0xAA55, "sector 0 does not end in 55 AA");
        int sectorSize = boot.u16(11);
        require(powerOfTwo(sectorSize, 512, 4096), "bytes per sector is " + sectorSize);
        int sectorsPerCluster = boot.u8(13);
        require(powerOfTwo(sectorsPerCluster, 1, 128), "sectors per cluster is " + sectorsPerCluster);
        int reserved = boot.u16(14);
        int fatCount = boot.u8(16);
        require(reserved > 0, "there is no reserved sector");
        require(fatCount >= 1 && fatCount <= 15, "the number of allocation tables is " + fatCount);
        require(boot.u16(17) == 0 && boot.u16(22) == 0, "this is a FAT12 or FAT16 volume");
        require(boot.u8(21) == 0xF0 || boot.u8(21) >= 0xF8, "the media byte is " + boot.u8(21));
        require(boot.u16(42) == 0, "the version is " + boot.u16(42));
        long totalSectors = boot.u16(19) != 0 ? boot.u16(19) : boot.u32(32);
        if (totalSectors * sectorSize > diskSize) {
            throw FileSystemException.corrupt("it claims " + totalSectors + " sectors of " + sectorSize
                    + " bytes, but the disk ends at byte " + diskSize);
        }
        long sectorsPerFat = boot.u32(36);
        long dataSector = reserved + fatCount * sectorsPerFat;
        long clusters = (totalSectors - dataSector) / sectorsPerCluster;
        require(
                sectorsPerFat > 0 && totalSectors > dataSector && clusters > 0 && clusters <= MOST_CLUSTERS,
                "no room for files: " + totalSectors + " sectors, allocation tables end at sector " + dataSector);
        if ((clusters + FIRST_CLUSTER) * Integer.BYTES > sectorsPerFat * sectorSize) {
            throw FileSystemException.corrupt(
                    "allocation tables of " + sectorsPerFat + " sectors cannot describe " + clusters + " clusters");
        }
        long root = boot.u32(44);
        if (root < FIRST_CLUSTER || root >= clusters + FIRST_CLUSTER) {
            throw FileSystemException.corrupt("the root directory starts at cluster " + root + " of " + clusters);
        }
        int flags = boot.u16(40);
        boolean mirrored = (flags & 0x80) == 0;
        int activeFat = mirrored ? 0 : flags & 0x0F;
        require(activeFat < fatCount, "the active allocation table is " + activeFat + " of " + fatCount);
        int fsInfo = boot.u16(48);
        return new BootSector(
                sectorSize,
                sectorsPerCluster * sectorSize,
                totalSectors,
                fatCount,
                sectorsPerFat * sectorSize,
                (long) reserved * sectorSize,
                activeFat,
                mirrored,
                dataSector * sectorSize,
                (int) clusters,
                (int) root,
                fsInfo > 0 && fsInfo < reserved ? (long) fsInfo * sectorSize : ABSENT,
                boot.i32(67),
                new String(boot.array(), 71, 11, StandardCharsets.ISO_8859_1).strip());
    }

    /** One past the largest cluster number. */
    int clusterLimit() {
        return clusterCount + FIRST_CLUSTER;
    }

    long clusterOffset(int cluster) {
        return dataOffset + (long) (cluster - FIRST_CLUSTER) * clusterSize;
    }

    private static boolean powerOfTwo(int value, int least, int most) {
        return value >= least && value <= most && Integer.bitCount(value) == 1;
    }

    private static void require(boolean condition, String otherwise) throws FileSystemException {
        if (!condition) {
            throw notFat32(otherwise);
        }
    }

    private static FileSystemException notFat32(String because) {
        return new FileSystemException(
                Reason.NOT_FAT32, "no FAT32 file system here: " + because + "; make one with mkfs.vfat -F 32");
    }
}
