// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.memory.GuestMemory;

/** Makes the devices of a machine and puts them on its bus. */
@FunctionalInterface
public interface Board {
    /**
     * Called once, before the guest runs. What was put on the bus is closed with it, also if this fails.
     *
     * @param memory all of the guest's, for devices that reach it
     */
    void wire(TrapBus bus, GuestMemory memory);
}
