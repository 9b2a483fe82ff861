// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.ExitObserver;
import dev.paravirt.backend.transport.trap.ThreadGuest;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.toyos.boot.MachineKind;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The machine of a guest in this process, of any kind. Where registers are trapped, an exit stops the guest's thread until
 * the hypervisor's has handled it.
 */
public final class LocalMachine implements AutoCloseable {
    private final Runnable end;
    private final @Nullable TrapBus bus;
    private final JvmPlatform platform;

    private LocalMachine(Runnable end, @Nullable TrapBus bus, JvmPlatform platform) {
        this.end = end;
        this.bus = bus;
        this.platform = platform;
    }

    /**
     * Starts it.
     *
     * @param memory all of the guest's; outlives the machine
     * @param parts belong to the machine
     * @param print takes what the kernel prints when there is nothing better, from any thread
     */
    public static LocalMachine start(MachineKind kind, GuestMemory memory, MachineParts parts, Consumer<byte[]> print) {
        return start(kind, memory, parts, print, ExitObserver.NONE);
    }

    /** As {@link #start(MachineKind, GuestMemory, MachineParts, Consumer)}, with somebody who looks on at exits. */
    public static LocalMachine start(
            MachineKind kind, GuestMemory memory, MachineParts parts, Consumer<byte[]> print, ExitObserver observer) {
        if (kind == MachineKind.PARAVIRT) {
            LocalGuest guest = LocalGuest.start(
                    memory, parts.virtio(), MachineParts.LINES, MachineOptions.DEFAULT.withConsole(print));
            return new LocalMachine(
                    guest::close,
                    null,
                    JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt));
        }
        // The guest says by itself when it is done: it is a call of ours.
        Board board = parts.board(kind, print, code -> {});
        ThreadGuest guest = ThreadGuest.start(memory, MachineParts.LINES, board, observer);
        return new LocalMachine(
                guest::close,
                guest.bus(),
                JvmPlatform.of(memory, guest::exit, (doorbell, data) -> {}, guest::waitForInterrupt));
    }

    /** Its registers; null if it has none. */
    public @Nullable TrapBus bus() {
        return bus;
    }

    /** What the guest stands on. */
    public JvmPlatform platform() {
        return platform;
    }

    @Override
    public void close() {
        end.run();
    }
}
