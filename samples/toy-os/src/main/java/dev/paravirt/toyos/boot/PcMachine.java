// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.CmosClock;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.toyos.kernel.Machine;

/** The machine as the kernel sees it, made of the ports of a PC and interrupts. */
final class PcMachine implements Machine {
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final PortGate ports;
    private final InterruptController interrupts;

    /** What to add to the monotonic clock: the time of day is asked for once. */
    private final long epochOffsetNanos;

    PcMachine(PortGate ports, InterruptController interrupts) throws DeviceException {
        this.ports = ports;
        this.interrupts = interrupts;
        epochOffsetNanos = CmosClock.epochSeconds(ports) * NANOS_PER_SECOND - interrupts.nanoTime();
    }

    @Override
    public long monotonicNanos() {
        return interrupts.nanoTime();
    }

    @Override
    public long epochMillis() {
        return (interrupts.nanoTime() + epochOffsetNanos) / NANOS_PER_MILLI;
    }

    @Override
    public void print(byte[] text, int start, int length) {
        ports.outString(PcPorts.DEBUG_CONSOLE, 1, text, start, length);
    }

    @Override
    public void poll() {
        interrupts.poll();
    }

    @Override
    public void waitForInterrupt(long nanos) {
        interrupts.await(nanos);
    }

    @Override
    public void powerOff(int exitCode) {
        ports.out(PcPorts.DEBUG_EXIT, 1, exitCode);
    }
}
