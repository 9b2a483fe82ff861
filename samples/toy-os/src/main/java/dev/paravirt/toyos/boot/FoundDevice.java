// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.transport.Transport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A virtio device that nobody drives yet.
 *
 * @param accesses counts those to registers of its that are trapped; null if it has none
 */
record FoundDevice(Transport transport, @Nullable LongSupplier accesses) {
    /**
     * Counts the exits that its driver makes.
     *
     * @param notifications those that the driver sends
     */
    LongSupplier exits(LongSupplier notifications) {
        // Where there are registers, a notification is a write to one of them.
        return accesses == null ? notifications : accesses;
    }
}
