// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.hypercall.SharedGuest;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrapMachine;
import dev.paravirt.spec.legacy.PcPorts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The program of a hypervisor process: serves one machine until the end of its input. */
final class HypervisorProcess {
    static final String READY = "ready";
    static final String DONE = "done";
    private static final int DOORBELLS = 16;

    private HypervisorProcess() {}

    /** Takes the kind of the machine and the path of its socket. */
    public static void main(String[] arguments) throws IOException {
        CountDownLatch ended = new CountDownLatch(1);
        // Ctrl-C is for the guest, which is told what was counted before this process ends.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> awaitEnd(ended)));
        try {
            serve(MachineKind.valueOf(arguments[0]), Path.of(arguments[1]));
        } finally {
            ended.countDown();
        }
    }

    private static void serve(MachineKind kind, Path socket) throws IOException {
        GuestShape shape = GuestShape.of(Devices.MEMORY, DOORBELLS, PcPorts.LINES);
        AtomicReference<@Nullable TrapBus> bus = new AtomicReference<>();
        GuestServer server = GuestServer.listen(socket, shape, guest -> machine(kind, guest, bus::set));
        try {
            System.out.println(READY);
            // The one who started this process keeps its input open, and says nothing.
            int said = System.in.read();
            while (said >= 0) {
                said = System.in.read();
            }
            TrapBus trapped = bus.get();
            if (trapped != null) {
                trapped.counts().forEach(count -> System.out.println(RegisterExits.line(count)));
            }
            System.out.println(DONE);
        } finally {
            server.close();
        }
    }

    private static void awaitEnd(CountDownLatch ended) {
        try {
            ended.await();
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }

    private static GuestMachine machine(MachineKind kind, SharedGuest guest, Consumer<TrapBus> trapped)
            throws IOException {
        return switch (kind) {
            case TRAPPED -> TrapMachine.serving(guest, heard(Devices.trapped(), trapped));
            case MMIO -> TrapMachine.serving(guest, heard(Devices.mmio(), trapped));
            case HYPERCALL -> HypercallMachine.serving(guest, Devices.virtio(), MachineOptions.DEFAULT);
        };
    }

    private static Board heard(Board board, Consumer<TrapBus> trapped) {
        return (bus, memory) -> {
            trapped.accept(bus);
            board.wire(bus, memory);
        };
    }
}
