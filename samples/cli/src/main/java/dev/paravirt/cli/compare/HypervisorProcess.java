// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.hypercall.SharedGuest;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrapMachine;
import dev.paravirt.backend.transport.trap.TrappedMmio;
import dev.paravirt.spec.legacy.PcPorts;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The program of a hypervisor process: serves one machine until the end of its input. */
final class HypervisorProcess {
    static final String READY = "ready";
    static final String DONE = "done";
    static final long DISK_BYTES = 32L << 20;
    static final int BLOCK = 4096;
    static final long MEMORY = 4L << 20;
    private static final int DOORBELLS = 8;

    /** Where the registers of the machine with virtio-mmio are, above its memory. */
    static final long REGISTERS = 0xfeb0_0000L;

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
        GuestShape shape = GuestShape.of(MEMORY, DOORBELLS, PcPorts.LINES);
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
            case TRAPPED -> {
                PcBoard board = new PcBoard().disk(disk());
                yield TrapMachine.serving(guest, (bus, memory) -> {
                    trapped.accept(bus);
                    board.wire(bus, memory);
                });
            }
            case MMIO -> {
                BlockImage image = disk();
                yield TrapMachine.serving(guest, (bus, memory) -> {
                    trapped.accept(bus);
                    BlockDevice device = new BlockDevice(image, new BlockOptions());
                    TrappedMmio.install(bus, memory, device, "blk", REGISTERS, 0);
                });
            }
            case HYPERCALL ->
                HypercallMachine.serving(
                        guest,
                        List.of(
                                new BlockDevice(disk(), new BlockOptions()),
                                new BlockDevice(disk(), new BlockOptions())),
                        MachineOptions.DEFAULT);
        };
    }

    /** Each block begins with its number, so that whoever reads it knows whether it is the right one. */
    private static BlockImage disk() throws IOException {
        MemoryImage image = new MemoryImage(DISK_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(BLOCK, BLOCK);
            for (long number = 0; number < DISK_BYTES / BLOCK; number++) {
                block.set(ValueLayout.JAVA_LONG, 0, number);
                image.write(block, 0, BLOCK, number * BLOCK);
            }
        }
        return image;
    }
}
