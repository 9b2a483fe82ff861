// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.InterruptLines;
import dev.paravirt.backend.transport.hypercall.SharedGuest;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.trap.Exit;

/** The trapped machine of a guest in a process of its own: exits come through the call slot in control memory. */
public final class TrapMachine implements GuestMachine {
    private final TrapBus bus;

    private TrapMachine(TrapBus bus) {
        this.bus = bus;
    }

    /** The machine of a guest; made by a {@link GuestMachine.Factory}. */
    public static TrapMachine serving(SharedGuest guest, Board board) {
        GuestShape shape = guest.shape();
        MemoryRegion[] regions = new MemoryRegion[shape.regions().size()];
        for (int index = 0; index < regions.length; index++) {
            regions[index] = new MemoryRegion(shape.regions().get(index).address(), guest.region(index));
        }
        return new TrapMachine(wired(new GuestMemory(regions), new ProcessLines(guest), board));
    }

    static TrapBus wired(GuestMemory memory, InterruptLines lines, Board board) {
        TrapBus bus = new TrapBus(memory, lines);
        try {
            board.wire(bus, memory);
            return bus;
        } catch (RuntimeException failure) {
            bus.close();
            throw failure;
        }
    }

    /** Its devices, for what they can tell. */
    public TrapBus bus() {
        return bus;
    }

    /** This machine has no hypercalls. */
    @Override
    public long hypercall(int number, long a0, long a1, long a2, long a3) {
        return Exit.isExit(number) ? bus.exit(number, a0, a1, a2, a3) : HypercallError.NOT_SUPPORTED;
    }

    @Override
    public void close() {
        bus.close();
    }

    private record ProcessLines(SharedGuest guest) implements InterruptLines {
        @Override
        public int count() {
            return guest.shape().lines();
        }

        @Override
        public void raise(int line, int reasons) {
            guest.raise(line, reasons);
        }
    }
}
