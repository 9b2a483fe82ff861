// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Virtio devices, whatever they are reached by. */
final class VirtioHardware implements Hardware {
    /** Looks for devices. */
    @FunctionalInterface
    interface Discovery {
        List<FoundDevice> find() throws IOException;
    }

    private final Discovery discovery;
    private final DiskStarter disks;
    private final ConsoleStarter consoles;
    private final NetworkStarter networks;

    VirtioHardware(Discovery discovery, InterruptController interrupts, Scheduler scheduler, Console log) {
        this.discovery = discovery;
        disks = new DiskStarter(interrupts, scheduler, log);
        consoles = new ConsoleStarter(interrupts, scheduler, log);
        networks = new NetworkStarter(interrupts, scheduler, log);
    }

    /** Offers each device to the starter of its type; those that nobody knows stay as they are. */
    @Override
    public void start(BootOptions options) throws IOException {
        consoles.plain(options.plain());
        List<DeviceStarter> starters =
                options.network().enabled() ? List.of(disks, consoles, networks) : List.of(disks, consoles);
        for (FoundDevice found : discovery.find()) {
            int type = found.transport().deviceType();
            for (DeviceStarter starter : starters) {
                if (starter.deviceType() == type) {
                    starter.start(found);
                }
            }
        }
    }

    @Override
    public DiskTable disks() {
        return disks.table();
    }

    @Override
    public @Nullable Terminal terminal() {
        return consoles.terminal();
    }

    @Override
    public @Nullable Network network() {
        return networks.network();
    }

    @Override
    public List<DeviceStatistics> statistics() {
        List<DeviceStatistics> statistics = new ArrayList<>(disks.table().statistics());
        statistics.addAll(consoles.statistics());
        statistics.addAll(networks.statistics());
        return statistics;
    }

    @Override
    public void stop() {
        networks.stop();
    }
}
