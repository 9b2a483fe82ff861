// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Guest;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.guest.jvm.TrapGate;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** All drivers of one of each machine, started. */
public final class Drivers {
    final TrappedDrivers trapped;
    final TrapGate mmioGate;
    final VirtioDrivers mmio;
    final VirtioDrivers hypercall;
    private final StartUps startUps = new StartUps();

    /** @param guests one of each kind */
    public Drivers(Map<MachineKind, Guest> guests) throws IOException {
        trapped = TrappedDrivers.start(guest(guests, MachineKind.TRAPPED), startUps);
        Guest behindRegisters = guest(guests, MachineKind.MMIO);
        mmioGate = new TrapGate(behindRegisters.platform());
        mmio = VirtioDrivers.overMmio(behindRegisters, mmioGate, startUps);
        hypercall = VirtioDrivers.overHypercalls(guest(guests, MachineKind.HYPERCALL), startUps);
    }

    private static Guest guest(Map<MachineKind, Guest> guests, MachineKind kind) {
        Guest guest = guests.get(kind);
        if (guest == null) {
            throw new IllegalArgumentException("there is no machine " + kind);
        }
        return guest;
    }

    public List<StartUp> startUps() {
        return startUps.all();
    }
}
