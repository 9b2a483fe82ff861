// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

/**
 * How full a volume is.
 *
 * @param clusterSize bytes that are given to files at once
 * @param free clusters that belong to no file; those of deleted files count at once
 */
public record VolumeSpace(int clusterSize, long clusters, long free) {
    public long totalBytes() {
        return clusters * clusterSize;
    }

    public long freeBytes() {
        return free * clusterSize;
    }
}
