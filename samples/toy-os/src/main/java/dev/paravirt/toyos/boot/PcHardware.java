// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.guest.legacy.Ne2000Driver;
import dev.paravirt.guest.legacy.Ne2000Options;
import dev.paravirt.guest.legacy.SerialDriver;
import dev.paravirt.guest.legacy.SerialOptions;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import dev.paravirt.toyos.net.Ipv4Address;
import dev.paravirt.toyos.net.NetworkStack;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a PC has at the customary ports: a serial port as the terminal, two ATA disks, an NE2000. The disks interrupt on a
 * line of their own, as their driver waits by itself; the others share that of the interrupt controller.
 */
final class PcHardware implements Hardware {
    /** Where the disks interrupt. */
    static final int DISK_LINE = InterruptController.LINE + 1;

    private static final int DISKS = 2;

    private final PortGate ports;
    private final InterruptController interrupts;
    private final Scheduler scheduler;
    private final Console log;
    private final DiskTable disks = new DiskTable();
    private @Nullable SerialTerminal serial;
    private @Nullable Ne2000Interface card;
    private @Nullable Network network;

    PcHardware(PortGate ports, InterruptController interrupts, Scheduler scheduler, Console log) {
        this.ports = ports;
        this.interrupts = interrupts;
        this.scheduler = scheduler;
        this.log = log;
    }

    @Override
    public void start(BootOptions options) {
        for (int drive = 0; drive < DISKS; drive++) {
            startDisk(drive);
        }
        startSerial(options.plain());
        if (options.network().enabled()) {
            startNetwork();
        }
    }

    private void startDisk(int drive) {
        CountedPorts counted = new CountedPorts(ports);
        AtaOptions options = AtaOptions.DEFAULT.withDrive(drive).withLine(DISK_LINE);
        try {
            AtaDriver driver = AtaDriver.start(counted, interrupts, options);
            String id = driver.serial();
            AtaVolume volume = new AtaVolume("disk " + id, driver, counted::accesses);
            disks.add(id, volume, volume.statistics());
            log.line("kernel: " + driver.name() + " \"" + id + "\": " + driver.capacity() + " sectors, PIO");
        } catch (DeviceException absent) {
            log.line("kernel: " + absent.getMessage());
        }
    }

    private void startSerial(boolean plain) {
        CountedPorts counted = new CountedPorts(ports);
        try {
            SerialOptions options = SerialOptions.DEFAULT.withLine(InterruptController.LINE);
            SerialDriver driver = SerialDriver.start(counted, interrupts, options);
            SerialTerminal started = new SerialTerminal(driver, counted::accesses, scheduler, plain);
            interrupts.add(started);
            serial = started;
            log.line("kernel: " + driver.name() + " is the terminal");
        } catch (DeviceException absent) {
            log.line("kernel: no terminal: " + absent.getMessage());
        }
    }

    private void startNetwork() {
        CountedPorts counted = new CountedPorts(ports);
        try {
            Ne2000Options options = Ne2000Options.DEFAULT.withLine(InterruptController.LINE);
            Ne2000Driver driver = Ne2000Driver.start(counted, interrupts, options);
            Ne2000Interface started = new Ne2000Interface(driver, counted::accesses, log);
            NetworkStack stack = NetworkStarter.stack(started, interrupts, scheduler);
            started.connect(stack);
            interrupts.add(started);
            card = started;
            network = new Network(stack, scheduler, log);
            log.line("kernel: " + driver.name() + ": " + Ipv4Address.formatMac(stack.mac()) + ", MTU " + stack.mtu());
        } catch (DeviceException absent) {
            log.line("kernel: no network: " + absent.getMessage());
        }
    }

    @Override
    public DiskTable disks() {
        return disks;
    }

    @Override
    public @Nullable Terminal terminal() {
        SerialTerminal started = serial;
        return started == null ? null : started.terminal();
    }

    @Override
    public @Nullable Network network() {
        return network;
    }

    @Override
    public List<DeviceStatistics> statistics() {
        List<DeviceStatistics> statistics = new ArrayList<>(disks.statistics());
        if (serial != null) {
            statistics.add(serial.statistics());
        }
        if (card != null) {
            statistics.add(card.statistics());
        }
        return statistics;
    }

    @Override
    public void stop() {
        if (card != null) {
            card.stop();
        }
    }
}
