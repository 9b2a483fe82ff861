// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Disks;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The devices of one kind of machine, and their drivers. */
interface Hardware {
    /** Makes it for a kernel. */
    @FunctionalInterface
    interface Maker {
        /** @param log hears what was found */
        Hardware make(Scheduler scheduler, Console log) throws IOException;
    }

    /**
     * Starts a driver for each device that the kernel knows.
     *
     * @param options how
     * @throws IOException if the system cannot run
     */
    void start(BootOptions options) throws IOException;

    /** The disks that were found. */
    DiskTable disks();

    /** Null if there is none. */
    @Nullable
    Terminal terminal();

    /** Null if there is none, or none is wanted. */
    @Nullable
    Network network();

    /** What the drivers count. */
    List<DeviceStatistics> statistics();

    /** Takes the machine off the network, after the network was stopped. */
    void stop();

    /** The disks as the kernel was told to use them. */
    default Disks choose(BootOptions options) throws IOException {
        return disks().choose(options.root(), options.scratch());
    }
}
