// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Disks;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.ScratchDisk;
import dev.paravirt.toyos.programs.Report;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts every disk. A disk that cannot be driven ends the boot: it may be the one that matters. */
final class DiskStarter implements DeviceStarter {
    private final InterruptController interrupts;
    private final Scheduler scheduler;
    private final Console log;
    private final List<Disk> disks = new ArrayList<>();

    private record Disk(String id, DriverVolume volume) {}

    DiskStarter(InterruptController interrupts, Scheduler scheduler, Console log) {
        this.interrupts = interrupts;
        this.scheduler = scheduler;
        this.log = log;
    }

    @Override
    public int deviceType() {
        return DeviceType.BLOCK;
    }

    @Override
    public void start(Transport transport) throws IOException {
        BlockDriverOptions options = BlockDriverOptions.DEFAULT.withLines(InterruptController.LINE, 1);
        BlockDriver driver = BlockDriver.start(transport, interrupts, options);
        String id = driver.deviceId();
        DriverVolume volume = new DriverVolume("disk " + id, driver, interrupts, scheduler);
        interrupts.add(volume);
        disks.add(new Disk(id, volume));
        announce(id, driver);
    }

    private void announce(String id, BlockDriver driver) {
        String ring = driver.features().has(Features.RING_PACKED) ? "packed" : "split";
        log.line("kernel: " + driver.name() + " \"" + id + "\": " + driver.capacity() + " sectors, "
                + (driver.readOnly() ? "read-only, " : "") + ring + " ring");
        log.report(Report.event("disk")
                .field("id", id)
                .field("sectors", driver.capacity())
                .field("readOnly", driver.readOnly())
                .field("ring", ring)
                .toString());
    }

    List<DeviceStatistics> statistics() {
        return disks.stream().map(disk -> (DeviceStatistics) disk.volume()).toList();
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
        DriverVolume scratch = find(scratchId).volume();
        return new Disks(root.volume(), new ScratchDisk(scratch, scratch::doorbells, scratch::interrupts));
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
