// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.guest.jvm.JvmPlatform;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A thread of this process as the guest of others. */
final class GuestOfThread implements Guest {
    private final MachineKind kind;
    private final ExitCounter counter;
    private final @Nullable TrapBus bus;
    private final AutoCloseable machine;
    private final Arena memory;

    /** @param bus of a machine that has one */
    GuestOfThread(MachineKind kind, ExitCounter counter, @Nullable TrapBus bus, AutoCloseable machine, Arena memory) {
        this.kind = kind;
        this.counter = counter;
        this.bus = bus;
        this.machine = machine;
        this.memory = memory;
    }

    @Override
    public MachineKind kind() {
        return kind;
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
        if (!memory.scope().isAlive()) {
            return;
        }
        try {
            machine.close();
        } catch (Exception failure) {
            throw new IOException("the machine " + kind + " does not end", failure);
        }
        memory.close();
    }
}
