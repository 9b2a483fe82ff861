// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.ThreadGuest;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.legacy.PcPorts;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A thread of this process as the guest of others. */
final class GuestOfThread implements Guest {
    private static final int PAGE = 4096;

    private final MachineKind kind;
    private final Instrumentation instrumentation;
    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(Devices.MEMORY, PAGE)));
    private final AutoCloseable machine;
    private final ExitCounter counter;

    /** Of a machine that has one. */
    private final @Nullable TrapBus bus;

    GuestOfThread(MachineKind kind, Instrumentation instrumentation) throws IOException {
        this.kind = kind;
        this.instrumentation = instrumentation;
        if (kind == MachineKind.HYPERCALL) {
            LocalGuest guest = LocalGuest.start(memory, Devices.virtio(), PcPorts.LINES, MachineOptions.DEFAULT);
            machine = guest;
            counter = counter(guest::hypercall, guest::notify, guest::waitForInterrupt);
            bus = null;
        } else {
            Board board = kind == MachineKind.MMIO ? Devices.mmio() : Devices.trapped();
            ThreadGuest guest = ThreadGuest.start(memory, PcPorts.LINES, board);
            machine = guest;
            counter = counter(guest::exit, GuestOfThread::noDoorbell, guest::waitForInterrupt);
            bus = guest.bus();
        }
    }

    private ExitCounter counter(
            JvmPlatform.Call calls, JvmPlatform.Notification notifications, JvmPlatform.Wait waits) {
        return new ExitCounter(memory, calls, notifications, waits, instrumentation);
    }

    private static void noDoorbell(int doorbell, int data) {
        throw new IllegalStateException("a machine of registers has no doorbell " + doorbell);
    }

    @Override
    public MachineKind kind() {
        return kind;
    }

    @Override
    public Instrumentation instrumentation() {
        return instrumentation;
    }

    @Override
    public JvmPlatform platform() {
        return counter.platform();
    }

    @Override
    public long exits() {
        return counter.exits();
    }

    @Override
    public Duration processorTime() {
        return ProcessorTime.ofThisProcess();
    }

    @Override
    public List<RegisterExits> finish() throws IOException {
        close();
        return bus == null
                ? List.of()
                : bus.counts().stream()
                        .map(count -> new RegisterExits(kind, count))
                        .toList();
    }

    @Override
    public void close() throws IOException {
        if (!arena.scope().isAlive()) {
            return;
        }
        try {
            machine.close();
        } catch (Exception failure) {
            throw new IOException("the machine " + kind + " does not end", failure);
        }
        arena.close();
    }
}
