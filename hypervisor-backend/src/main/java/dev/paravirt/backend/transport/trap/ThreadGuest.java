// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.backend.transport.hypercall.InterruptLines;
import dev.paravirt.backend.transport.hypercall.LocalLine;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.hypercall.HypercallError;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trapped machine of a guest in this process: an exit stops the guest's thread until the hypervisor's thread has
 * handled it. On any operating system.
 */
public final class ThreadGuest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadGuest.class);

    private final LocalLine[] lines;
    private final ExitObserver observer;
    private final TrapBus bus;
    private final ExitSlot slot = new ExitSlot();
    private final ReentrantLock oneExit = new ReentrantLock();
    private final Thread hypervisor =
            Thread.ofPlatform().name("trap-hypervisor").daemon().unstarted(this::serve);

    private ThreadGuest(GuestMemory memory, int lineCount, Board board, ExitObserver observer) {
        this.observer = observer;
        lines = new LocalLine[lineCount];
        for (int line = 0; line < lineCount; line++) {
            lines[line] = new LocalLine();
        }
        bus = TrapMachine.wired(memory, new Lines(), board);
    }

    /**
     * Starts a guest's machine.
     *
     * @param memory all of the guest's memory; outlives the machine
     * @param lines interrupt lines
     */
    public static ThreadGuest start(GuestMemory memory, int lines, Board board) {
        return start(memory, lines, board, ExitObserver.NONE);
    }

    /** As {@link #start(GuestMemory, int, Board)}, with somebody who looks on. */
    public static ThreadGuest start(GuestMemory memory, int lines, Board board, ExitObserver observer) {
        ThreadGuest guest = new ThreadGuest(memory, lines, board, observer);
        guest.hypervisor.start();
        return guest;
    }

    private void serve() {
        while (slot.await()) {
            long result = HypercallError.BAD_STATE;
            observer.begins();
            try {
                result = bus.exit(slot.number, slot.a0, slot.a1, slot.a2, slot.a3);
            } catch (RuntimeException | InternalError defect) {
                LOG.error("a device failed at an exit, which is a defect of the device", defect);
            }
            observer.ends();
            slot.complete(result);
        }
    }

    /**
     * Exits: hands an access to the hypervisor and waits until it is handled. From any thread; others wait meanwhile.
     *
     * @param number one of {@link dev.paravirt.spec.trap.Exit}
     * @return the value read, or a {@link HypercallError}; BAD_STATE once the machine is closed
     */
    public long exit(int number, long a0, long a1, long a2, long a3) {
        oneExit.lock();
        try {
            slot.number = number;
            slot.a0 = a0;
            slot.a1 = a1;
            slot.a2 = a2;
            slot.a3 = a3;
            return slot.exit(HypercallError.BAD_STATE);
        } finally {
            oneExit.unlock();
        }
    }

    /**
     * Waits for an interrupt, without an exit.
     *
     * @param timeoutNanos nanoseconds; negative is for ever
     * @return not 0 if there was one since the last wait for this line; 0 when time ran out, or the machine was closed
     */
    public int waitForInterrupt(int line, long timeoutNanos) {
        return lines[line].await(timeoutNanos);
    }

    /** Its devices, for what they can tell. */
    public TrapBus bus() {
        return bus;
    }

    /** Ends every wait, and closes the devices. */
    @Override
    public void close() {
        slot.close();
        for (LocalLine line : lines) {
            line.close();
        }
        try {
            hypervisor.join();
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
        bus.close();
    }

    private final class Lines implements InterruptLines {
        @Override
        public int count() {
            return lines.length;
        }

        @Override
        public void raise(int line, int reasons) {
            lines[line].raise(reasons);
        }
    }
}
