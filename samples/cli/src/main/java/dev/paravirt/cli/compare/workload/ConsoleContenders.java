// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Guest;
import java.util.ArrayList;
import java.util.List;

/** Terminals: a 16550A UART with its FIFO against virtio consoles. */
final class ConsoleContenders implements ContenderFactory {
    private static final int CHUNK = 4096;

    private static final Workload BULK = new Workload(
            "console-bulk",
            Family.CONSOLE,
            "console output, 4 KiB at a time",
            "The peer counts the bytes that are what they have to be, and is asked after each turn.",
            "piece",
            CHUNK,
            false);

    private static final Workload KEYS = new Workload(
            "console-keys",
            Family.CONSOLE,
            "keystrokes that are echoed",
            "From the echo of a key, which lets the peer hit the next, to that next key; the guest checks each.",
            "key",
            1,
            true);

    @Override
    public List<Workload> workloads() {
        return List.of(BULK, KEYS);
    }

    @Override
    public List<Contender> contenders(Workload workload, Drivers drivers) {
        List<Contender> contenders = new ArrayList<>();
        VirtioDrivers mmio = drivers.mmio;
        VirtioDrivers hypercall = drivers.hypercall;
        add(
                contenders,
                workload,
                ContenderNames.TRAPPED,
                drivers.trapped.guest(),
                ByteLine.of(drivers.trapped.serial()));
        add(contenders, workload, ContenderNames.MMIO, mmio.guest(), ByteLine.of(mmio.console(), Waiting.INTERRUPTS));
        add(
                contenders,
                workload,
                ContenderNames.HYPERCALL,
                hypercall.guest(),
                ByteLine.of(hypercall.console(), Waiting.INTERRUPTS));
        add(
                contenders,
                workload,
                ContenderNames.HYPERCALL_POLLING,
                hypercall.guest(),
                ByteLine.of(hypercall.console(), Waiting.POLLING));
        return contenders;
    }

    private static void add(List<Contender> contenders, Workload workload, String name, Guest guest, ByteLine line) {
        Work work = workload.equals(BULK) ? ByteWork.output(name, line, CHUNK) : ByteWork.keys(name, line);
        contenders.add(new Contender(workload, name, 1, guest, work));
    }
}
