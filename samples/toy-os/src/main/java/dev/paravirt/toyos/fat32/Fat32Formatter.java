// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Makes an empty FAT32 volume that fills a disk with sectors of 512 bytes. */
public final class Fat32Formatter {
    private static final int SECTOR = 512;
    private static final int RESERVED_SECTORS = 32;
    private static final int TABLES = 2;
    private static final int BACKUP_SECTOR = 6;
    private static final int ROOT_CLUSTER = 2;
    private static final int LABEL_LENGTH = 11;
    private static final int VOLUME_LABEL_ATTRIBUTE = 0x08;
    private static final int END_OF_CHAIN = 0x0FFF_FFFF;

    /** Volumes with fewer clusters are FAT16 to everyone else. */
    private static final long FEWEST_CLUSTERS = 65_525;

    private final BlockCache cache;
    private final long sectors;
    private final int sectorsPerCluster;
    private final long tableSectors;

    private Fat32Formatter(BlockCache cache) throws FileSystemException {
        this.cache = cache;
        sectors = Math.min(cache.size() / SECTOR, 0xFFFF_FFFFL);
        sectorsPerCluster = sectorsPerCluster(cache.size());
        // A table entry is 4 bytes a cluster. This takes up to a few sectors more than needed, never less.
        long sectorsPerTableSector = (long) SECTOR / Integer.BYTES * sectorsPerCluster;
        tableSectors = (sectors - RESERVED_SECTORS + sectorsPerTableSector) / (sectorsPerTableSector + TABLES) + 1;
        if (clusters() < FEWEST_CLUSTERS) {
            throw new FileSystemException(
                    Reason.INVALID_ARGUMENT,
                    "a disk of " + cache.size() + " bytes is too small for FAT32, which needs about 33 MiB");
        }
    }

    /**
     * Writes boot sectors, empty allocation tables and an empty root directory, and makes them durable. What the disk
     * held is lost.
     *
     * @param label at most 11 characters of ASCII
     * @param volumeId any number; tells volumes apart
     * @throws FileSystemException if the disk is smaller than about 33 MiB
     */
    public static void format(BlockCache cache, String label, int volumeId) throws IOException {
        byte[] name = label.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
        if (name.length > LABEL_LENGTH) {
            throw new FileSystemException(Reason.INVALID_NAME, "\"" + label + "\" is longer than 11 characters");
        }
        byte[] padded = "           ".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, padded, 0, name.length);
        new Fat32Formatter(cache).write(padded, volumeId);
        cache.sync();
    }

    /** As other formatters choose it: small volumes have small clusters. */
    private static int sectorsPerCluster(long bytes) {
        long mebibytes = bytes >> 20;
        if (mebibytes <= 260) {
            return 1;
        }
        if (mebibytes <= 8 << 10) {
            return 8;
        }
        return mebibytes <= 16 << 10 ? 16 : mebibytes <= 32 << 10 ? 32 : 64;
    }

    private long dataSector() {
        return RESERVED_SECTORS + TABLES * tableSectors;
    }

    private long clusters() {
        return (sectors - dataSector()) / sectorsPerCluster;
    }

    private void write(byte[] label, int volumeId) throws IOException {
        cache.clear(0, (dataSector() + sectorsPerCluster) * SECTOR, WriteOrder.DATA);
        ByteBuffer boot = bootSector(label, volumeId);
        ByteBuffer info = infoSector();
        for (int copy = 0; copy <= BACKUP_SECTOR; copy += BACKUP_SECTOR) {
            put(copy, boot);
            put(copy + 1, info);
        }
        for (int table = 0; table < TABLES; table++) {
            long offset = (RESERVED_SECTORS + table * tableSectors) * SECTOR;
            cache.putInt(offset, 0x0FFF_FFF8, WriteOrder.ALLOCATION);
            cache.putInt(offset + 4, END_OF_CHAIN, WriteOrder.ALLOCATION);
            cache.putInt(offset + ROOT_CLUSTER * 4, END_OF_CHAIN, WriteOrder.ALLOCATION);
        }
        byte[] entry = new byte[LABEL_LENGTH + 1];
        System.arraycopy(label, 0, entry, 0, LABEL_LENGTH);
        entry[LABEL_LENGTH] = VOLUME_LABEL_ATTRIBUTE;
        cache.write(dataSector() * SECTOR, entry, 0, entry.length, WriteOrder.DIRECTORY);
    }

    private ByteBuffer bootSector(byte[] label, int volumeId) {
        ByteBuffer boot = sector();
        boot.put(new byte[] {(byte) 0xEB, 0x58, (byte) 0x90}); // a jump, by which some know a boot sector
        boot.put("PARAVIRT".getBytes(StandardCharsets.US_ASCII));
        boot.putShort(11, (short) SECTOR);
        boot.put(13, (byte) sectorsPerCluster);
        boot.putShort(14, (short) RESERVED_SECTORS);
        boot.put(16, (byte) TABLES);
        boot.put(21, (byte) 0xF8); // a disk that stays in its drive
        boot.putShort(24, (short) 63); // sectors a track, and heads: nobody uses them, some want them plausible
        boot.putShort(26, (short) 255);
        boot.putInt(32, (int) sectors);
        boot.putInt(36, (int) tableSectors);
        boot.putInt(44, ROOT_CLUSTER);
        boot.putShort(48, (short) 1);
        boot.putShort(50, (short) BACKUP_SECTOR);
        boot.put(64, (byte) 0x80); // the first hard disk
        boot.put(66, (byte) 0x29); // volume id and label follow
        boot.putInt(67, volumeId);
        boot.put(71, label);
        boot.put(82, "FAT32   ".getBytes(StandardCharsets.US_ASCII));
        return boot;
    }

    private ByteBuffer infoSector() {
        ByteBuffer info = sector();
        info.putInt(0, 0x4161_5252);
        info.putInt(484, 0x6141_7272);
        info.putInt(488, (int) clusters() - 1); // the root directory has one
        info.putInt(492, ROOT_CLUSTER + 1);
        return info;
    }

    private static ByteBuffer sector() {
        ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        sector.putShort(510, (short) 0xAA55);
        return sector;
    }

    private void put(long sector, ByteBuffer content) throws IOException {
        byte[] bytes = new byte[SECTOR];
        content.get(0, bytes);
        cache.write(sector * SECTOR, bytes, 0, SECTOR, WriteOrder.DATA);
    }
}
