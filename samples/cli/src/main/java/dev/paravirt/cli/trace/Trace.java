// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.transport.trap.ExitObserver;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.cli.toyos.FreshDisk;
import dev.paravirt.cli.toyos.LocalMachine;
import dev.paravirt.cli.toyos.MachineParts;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.trap.Exit;
import dev.paravirt.toyos.boot.BootOptions;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.NetworkOption;
import dev.paravirt.toyos.boot.ToyOs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Boots the toy OS on a machine, has a program read 4 KiB from a disk many times, and tells how one of these reads went: the
 * one that took as long as the median of them. All that is told has happened, when it is said to have.
 */
public final class Trace {
    private static final int WALKS = 400;
    private static final long MEMORY = 32L << 20;
    private static final int PAGE = 4096;
    private static final String MAC = "02:00:00:00:00:01";

    private final Recorder recorder = new Recorder();

    private Trace() {}

    /** Lines for a terminal of 100 columns, of one machine. */
    public static List<String> of(MachineKind kind) throws IOException {
        return new Trace().walk(kind);
    }

    private List<String> walk(MachineKind kind) throws IOException {
        WalkingProgram program = new WalkingProgram(recorder, 2 * WALKS);
        BlockImage scratch = new TracedImage(new MemoryImage(2L * WALKS * WalkingProgram.BYTES), recorder);
        MachineParts parts = new MachineParts(FreshDisk.create(), scratch, null, MAC, null);
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(MEMORY, PAGE)));
            try (LocalMachine machine = LocalMachine.start(kind, memory, parts, text -> {}, new Handling())) {
                BootOptions options = new BootOptions(
                        MachineParts.ROOT,
                        MachineParts.SCRATCH,
                        true,
                        NetworkOption.parse("none"),
                        List.of(WalkingProgram.NAME));
                int status = ToyOs.run(kind, traced(machine.platform()), options, Map.of(WalkingProgram.NAME, program));
                if (status != 0) {
                    throw new IOException("the toy OS could not read its disk: exit code " + status);
                }
                List<List<Span>> walks = program.walks().stream()
                        .sorted(Comparator.comparingLong(walk -> walk.getFirst().nanos()))
                        .toList();
                TrapBus bus = machine.bus();
                return new WalkText(
                                walks.get(walks.size() / 2),
                                (number, address) -> bus == null ? "" : bus.describe(number, address))
                        .lines(kind, walks.size());
            }
        }
    }

    /** On the hypervisor's thread. */
    private final class Handling implements ExitObserver {
        private long start;

        @Override
        public void begins() {
            start = System.nanoTime();
        }

        @Override
        public void ends() {
            recorder.ended(Level.HYPERVISOR, Span.Kind.HANDLING, 0, 0, start);
        }
    }

    /** What the kernel's drivers do to the machine, with notes of it. */
    private JvmPlatform traced(JvmPlatform machine) {
        return JvmPlatform.of(
                machine.memory(),
                (number, a0, a1, a2, a3) -> {
                    long start = System.nanoTime();
                    long result = machine.call(number, a0, a1, a2, a3);
                    Span.Kind kind = Exit.isExit(number) ? Span.Kind.EXIT : Span.Kind.HYPERCALL;
                    recorder.ended(Level.KERNEL, kind, number, a0, start);
                    return result;
                },
                (doorbell, data) -> {
                    long start = System.nanoTime();
                    machine.notify(doorbell, data);
                    recorder.ended(Level.KERNEL, Span.Kind.DOORBELL, doorbell, 0, start);
                },
                (line, timeout) -> {
                    long start = System.nanoTime();
                    int reasons = machine.waitForInterrupt(line, timeout);
                    // A look at a line that is quiet is nothing that happened.
                    if (reasons != 0 || timeout != 0) {
                        recorder.ended(Level.KERNEL, Span.Kind.WAIT, reasons, line, start);
                    }
                    return reasons;
                });
    }
}
