// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Disks;
import dev.paravirt.toyos.kernel.ScratchDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The disks of a machine, by their ids, in the machine's order. */
final class DiskTable {
    private final List<Disk> disks = new ArrayList<>();

    private record Disk(String id, BlockVolume volume, DeviceStatistics statistics) {}

    void add(String id, BlockVolume volume, DeviceStatistics statistics) {
        disks.add(new Disk(id, volume, statistics));
    }

    List<DeviceStatistics> statistics() {
        return disks.stream().map(Disk::statistics).toList();
    }

    /**
     * Says which disk is what.
     *
     * @param rootId null for the first disk
     * @param scratchId null for none
     * @throws IOException if there is no such disk
     */
    Disks choose(@Nullable String rootId, @Nullable String scratchId) throws IOException {
        if (rootId == null && disks.isEmpty()) {
            throw new IOException("this machine has no block device");
        }
        Disk root = rootId == null ? disks.getFirst() : find(rootId);
        if (scratchId == null) {
            return new Disks(root.volume(), null);
        }
        if (scratchId.equals(root.id())) {
            throw new IOException("the disk \"" + scratchId + "\" cannot be root and scratch disk at once");
        }
        Disk scratch = find(scratchId);
        DeviceStatistics counted = scratch.statistics();
        return new Disks(root.volume(), new ScratchDisk(scratch.volume(), counted::exits, counted::interrupts));
    }

    private Disk find(String id) throws IOException {
        for (Disk disk : disks) {
            if (disk.id().equals(id)) {
                return disk;
            }
        }
        throw new IOException("no block device has the id \"" + id + "\"; there are "
                + disks.stream().map(Disk::id).toList());
    }
}
