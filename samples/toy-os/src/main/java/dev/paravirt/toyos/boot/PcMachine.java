// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.CmosClock;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.PcPorts;

/** The machine as the kernel sees it, made of the ports of a PC and interrupts. */
final class PcMachine extends ClockedMachine {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final PortGate ports;

    PcMachine(PortGate ports, InterruptController interrupts) throws DeviceException {
        super(interrupts, CmosClock.epochSeconds(ports) * NANOS_PER_SECOND);
        this.ports = ports;
    }

    @Override
    public void print(byte[] text, int start, int length) {
        ports.outString(PcPorts.DEBUG_CONSOLE, 1, text, start, length);
    }

    @Override
    public void powerOff(int exitCode) {
        ports.out(PcPorts.DEBUG_EXIT, 1, exitCode);
    }
}
