// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

/**
 * What a directory says of a file or a directory. Times are milliseconds since 1970, UTC.
 *
 * @param name as people see it: the long name if there is one
 * @param shortName the name in eleven bytes
 * @param firstCluster 0 for an empty file
 * @param size in bytes; 0 for directories
 * @param directory first cluster of the directory that holds this entry
 * @param firstSlot where its slots start in that directory
 * @param slots how many they are; the last one is the short entry
 * @param shortSlotOffset where on the volume the short entry lies
 */
record DirectoryEntry(
        String name,
        ShortName shortName,
        int attributes,
        int firstCluster,
        long size,
        long created,
        long modified,
        int directory,
        int firstSlot,
        int slots,
        long shortSlotOffset) {

    static final int READ_ONLY = 0x01;
    static final int VOLUME_LABEL = 0x08;
    static final int DIRECTORY = 0x10;
    static final int ARCHIVE = 0x20;

    boolean isDirectory() {
        return (attributes & DIRECTORY) != 0;
    }

    boolean isReadOnly() {
        return (attributes & READ_ONLY) != 0;
    }

    FileStatus status() {
        return new FileStatus(name, isDirectory(), isReadOnly(), size, created, modified);
    }
}
