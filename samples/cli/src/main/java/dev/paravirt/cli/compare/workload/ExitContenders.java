// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Devices;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.spec.legacy.Uart;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** What an exit costs that does nothing else. */
final class ExitContenders implements ContenderFactory {
    private static final Workload EXIT = new Workload(
            "exit",
            Family.EXIT,
            "exits that do nothing else",
            "A guest reads a register that nothing depends on, makes the hypercall VERSION, or notifies a device that has"
                    + " nothing to do. A notification is over for the guest before the device has heard it.",
            "exit",
            0,
            false);

    @Override
    public List<Workload> workloads() {
        return List.of(EXIT);
    }

    @Override
    public List<Contender> contenders(Workload workload, Drivers drivers) {
        RegisterGate registers = drivers.mmioGate.registers(Devices.registers(Devices.BLOCK));
        JvmPlatform hypercalls = drivers.hypercall.guest().platform();
        return List.of(
                new Contender(
                        EXIT,
                        "read of a port",
                        1,
                        drivers.trapped.guest(),
                        constant(() -> drivers.trapped.gate().in(PcPorts.COM1 + Uart.SCR, 1))),
                new Contender(
                        EXIT,
                        "read of a register",
                        1,
                        drivers.mmio.guest(),
                        constant(() -> registers.read(MmioRegisters.MAGIC_VALUE, Integer.BYTES))),
                new Contender(
                        EXIT,
                        "write of a register, notifying",
                        1,
                        drivers.mmio.guest(),
                        repeated(() -> registers.write(MmioRegisters.QUEUE_NOTIFY, Integer.BYTES, 0))),
                new Contender(
                        EXIT,
                        "hypercall",
                        1,
                        drivers.hypercall.guest(),
                        constant(() -> hypercalls.call(Hypercall.VERSION, 0, 0, 0, 0))),
                new Contender(
                        EXIT,
                        "doorbell",
                        1,
                        drivers.hypercall.guest(),
                        repeated(() -> hypercalls.notify(Devices.BLOCK, 0))));
    }

    /** Asks again and again for what does not change. */
    private static Work constant(LongSupplier question) {
        return turn -> {
            long answer = question.getAsLong();
            turn.completed(1);
            while (turn.goesOn()) {
                if (question.getAsLong() != answer) {
                    throw new IOException("what does not change did: it was " + answer);
                }
                turn.completed(1);
            }
        };
    }

    private static Work repeated(Runnable exit) {
        return turn -> {
            while (turn.goesOn()) {
                exit.run();
                turn.completed(1);
            }
        };
    }
}
