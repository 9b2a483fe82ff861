// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What driver start-up found.
 *
 * @param terminal null if the machine has none; programs then print to the early console, and read nothing
 * @param network null if the machine has none
 * @param statistics of each device, in the machine's order
 */
public record Devices(
        Disks disks, @Nullable Terminal terminal, @Nullable Network network, List<DeviceStatistics> statistics) {
    public Devices {
        statistics = List.copyOf(statistics);
    }

    /** Of a machine without a network. */
    public Devices(Disks disks, @Nullable Terminal terminal, List<DeviceStatistics> statistics) {
        this(disks, terminal, null, statistics);
    }
}
