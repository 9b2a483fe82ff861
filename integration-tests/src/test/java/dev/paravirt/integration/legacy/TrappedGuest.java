// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.ThreadGuest;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrapMachine;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.legacy.PcPorts;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A guest with a trapped machine of its own, over any carrier of exits. */
final class TrappedGuest implements AutoCloseable {
    enum Carrier {
        THREAD,
        SHARED_MEMORY;

        TrappedGuest start(Board board) throws Exception {
            return this == THREAD ? inThread(board) : overSharedMemory(board);
        }
    }

    static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long MEMORY = 1 << 20;

    private final JvmPlatform platform;
    private final TrapGate gate;
    private final TrapBus bus;
    private final Runnable[] endings;

    private TrappedGuest(JvmPlatform platform, TrapBus bus, Runnable... endings) {
        this.platform = platform;
        this.gate = new TrapGate(platform);
        this.bus = bus;
        this.endings = endings;
    }

    private static TrappedGuest inThread(Board board) {
        GuestMemory memory = new GuestMemory(new MemoryRegion(0, Arena.ofAuto().allocate(MEMORY, 4096)));
        ThreadGuest machine = ThreadGuest.start(memory, PcPorts.LINES, board);
        JvmPlatform platform = JvmPlatform.of(memory, machine::exit, (doorbell, data) -> {}, machine::waitForInterrupt);
        return new TrappedGuest(platform, machine.bus(), machine::close);
    }

    /** The mechanism of two processes, with both ends here, where the machine can be looked at. */
    private static TrappedGuest overSharedMemory(Board board) throws Exception {
        CompletableFuture<TrapMachine> made = new CompletableFuture<>();
        UnixSocket.Pair pair = UnixSocket.pair();
        GuestServer server = GuestServer.serve(pair.first(), shape(), guest -> {
            TrapMachine machine = TrapMachine.serving(guest, board);
            made.complete(machine);
            return machine;
        });
        GuestProcess guest = attach(pair.second());
        TrapBus bus = made.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).bus();
        return new TrappedGuest(JvmPlatform.of(guest), bus, guest::close, server::close);
    }

    private static GuestProcess attach(UnixSocket socket) throws IOException {
        return GuestProcess.attach(socket, PATIENCE);
    }

    /** What a guest process is given. */
    static GuestShape shape() {
        return GuestShape.of(MEMORY, 1, PcPorts.LINES);
    }

    JvmPlatform platform() {
        return platform;
    }

    TrapGate gate() {
        return gate;
    }

    TrapBus bus() {
        return bus;
    }

    @Override
    public void close() {
        for (Runnable each : endings) {
            each.run();
        }
    }
}
