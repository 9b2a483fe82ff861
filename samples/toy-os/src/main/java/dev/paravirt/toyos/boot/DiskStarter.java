// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.programs.Report;
import java.io.IOException;

/** Starts every disk. A disk that cannot be driven ends the boot: it may be the one that matters. */
final class DiskStarter implements DeviceStarter {
    private final InterruptController interrupts;
    private final Scheduler scheduler;
    private final Console log;
    private final DiskTable disks = new DiskTable();

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
    public void start(FoundDevice found) throws IOException {
        BlockDriverOptions options = BlockDriverOptions.DEFAULT.withLines(InterruptController.LINE, 1);
        BlockDriver driver = BlockDriver.start(found.transport(), interrupts, options);
        String id = driver.deviceId();
        DriverVolume volume = new DriverVolume("disk " + id, driver, found, interrupts, scheduler);
        interrupts.add(volume);
        disks.add(id, volume, volume.statistics());
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

    DiskTable table() {
        return disks;
    }
}
