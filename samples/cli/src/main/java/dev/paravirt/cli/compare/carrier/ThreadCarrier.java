// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.ThreadGuest;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.legacy.PcPorts;
import java.io.IOException;
import java.lang.foreign.Arena;

/** Another thread of this process. Works on any operating system. */
final class ThreadCarrier implements Carrier {
    private static final int PAGE = 4096;

    @Override
    public String name() {
        return "thread";
    }

    @Override
    public String meaning() {
        return "the hypervisor is another thread of the guest's process; a hypercall, which needs no waiting there, is a"
                + " method call";
    }

    @Override
    public Starting start(MachineKind kind, Instrumentation instrumentation) throws IOException {
        Guest guest = machine(kind, instrumentation);
        return new Started(guest);
    }

    private static Guest machine(MachineKind kind, Instrumentation instrumentation) throws IOException {
        Arena arena = Arena.ofShared();
        GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(Devices.MEMORY, PAGE)));
        return switch (kind) {
            case TRAPPED -> trapped(kind, arena, memory, Devices.trapped(), instrumentation);
            case MMIO -> trapped(kind, arena, memory, Devices.mmio(), instrumentation);
            case HYPERCALL -> {
                LocalGuest guest = LocalGuest.start(memory, Devices.virtio(), PcPorts.LINES, MachineOptions.DEFAULT);
                ExitCounter counter = new ExitCounter(
                        memory, guest::hypercall, guest::notify, guest::waitForInterrupt, instrumentation);
                yield new GuestOfThread(kind, counter, null, guest, arena);
            }
        };
    }

    private static Guest trapped(
            MachineKind kind, Arena arena, GuestMemory memory, Board board, Instrumentation instrumentation) {
        ThreadGuest guest = ThreadGuest.start(memory, PcPorts.LINES, board);
        ExitCounter counter = new ExitCounter(
                memory,
                guest::exit,
                (doorbell, data) -> {
                    throw new IllegalStateException("a machine of registers has no doorbells");
                },
                guest::waitForInterrupt,
                instrumentation);
        return new GuestOfThread(kind, counter, guest.bus(), guest, arena);
    }

    private record Started(Guest guest) implements Starting {
        @Override
        public Guest await() {
            return guest;
        }

        @Override
        public void close() {
            try {
                guest.close();
            } catch (IOException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
