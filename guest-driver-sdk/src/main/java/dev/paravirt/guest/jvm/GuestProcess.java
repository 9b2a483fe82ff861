// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest that is a process of its own: its side of the memory, the doorbells and the interrupt lines that it shares
 * with a hypervisor process, as HYPERCALLS.md ("Two processes") describes. Linux only.
 *
 * <p>Thread-safe, except that one thread at a time waits for a line. When the hypervisor ends, calls and waits throw a
 * {@link HypervisorGoneException} instead of waiting for ever.
 */
public final class GuestProcess implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final SharedWords control;
    private final List<Hello.Region> regions;
    private final MemorySegment[] memory;
    private final CallSlot calls;
    private final Eventfd[] doorbells;
    private final InterruptLine[] lines;

    /**
     * Attaches to a hypervisor that listens at a path.
     *
     * @param timeout how long to wait for its greeting, which comes when the guest before has ended
     * @throws IOException if nobody listens there, or the greeting is not a hypervisor's
     */
    public static GuestProcess attach(Path socket, Duration timeout) throws IOException {
        return attach(UnixSocket.connect(socket), timeout);
    }

    /** Attaches to the hypervisor at the other end of a connection, which this object owns from now on. */
    public static GuestProcess attach(UnixSocket connection, Duration timeout) throws IOException {
        try (Hello hello = Hello.receive(connection, timeout.toNanos())) {
            return new GuestProcess(connection, hello);
        } catch (IOException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    private GuestProcess(UnixSocket connection, Hello hello) throws IOException {
        regions = hello.regions();
        memory = new MemorySegment[regions.size()];
        doorbells = new Eventfd[hello.doorbells()];
        lines = new InterruptLine[hello.lines()];
        try {
            control = new SharedWords(map(hello, 0, hello.controlSize()));
            for (int region = 0; region < memory.length; region++) {
                memory[region] = map(
                        hello,
                        TwoProcessHello.regionDescriptor(region),
                        regions.get(region).size());
            }
            Eventfd call = eventfd(hello, TwoProcessHello.callDescriptor(memory.length));
            Eventfd reply = eventfd(hello, TwoProcessHello.replyDescriptor(memory.length));
            calls = new CallSlot(control, call, reply, connection.descriptor());
            for (int doorbell = 0; doorbell < doorbells.length; doorbell++) {
                doorbells[doorbell] = eventfd(hello, TwoProcessHello.doorbellDescriptor(memory.length, doorbell));
            }
            for (int line = 0; line < lines.length; line++) {
                Eventfd wakeUp = eventfd(hello, TwoProcessHello.lineDescriptor(memory.length, doorbells.length, line));
                lines[line] = new InterruptLine(control, wakeUp, connection.descriptor(), doorbells.length, line);
            }
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
        owned.add(connection);
    }

    /** A mapping outlives the descriptor it came from. */
    private MemorySegment map(Hello hello, int descriptor, long size) throws IOException {
        try (Memfd memfd = Memfd.adopt(hello.descriptors().take(descriptor), size, true)) {
            return memfd.map(0, size, arena);
        }
    }

    private Eventfd eventfd(Hello hello, int descriptor) {
        Eventfd eventfd = Eventfd.adopt(hello.descriptors().take(descriptor));
        owned.add(eventfd);
        return eventfd;
    }

    /** Returns how many memory regions there are, at least 1. */
    public int regionCount() {
        return memory.length;
    }

    /** Returns the guest-physical address of a region's first byte. */
    public long regionAddress(int region) {
        return regions.get(region).address();
    }

    /** Returns the bytes of a region, valid until this object is closed. */
    public MemorySegment region(int region) {
        return memory[region];
    }

    /** Returns how many doorbells there are. */
    public int doorbellCount() {
        return doorbells.length;
    }

    /** Returns how many interrupt lines there are. */
    public int lineCount() {
        return lines.length;
    }

    /**
     * Makes a hypercall and waits for its result. Not for NOTIFY and WAIT, which have methods of their own here.
     *
     * @return zero or more, or a {@link dev.paravirt.spec.hypercall.HypercallError}
     * @throws HypervisorGoneException if the hypervisor ends before it has answered
     */
    public long call(int number, long a0, long a1, long a2, long a3) {
        return calls.call(number, a0, a1, a2, a3);
    }

    /**
     * Rings a doorbell. What was written to guest memory before is visible to the device that hears it. Without lock or
     * allocation.
     *
     * @param doorbell as QUEUE_SETUP returned it
     * @param data the notification data of the available buffer notification
     */
    public void notify(int doorbell, int data) {
        control.putIntRelease(ControlLayout.doorbell(doorbell), data);
        try {
            doorbells[doorbell].signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException("doorbell " + doorbell, failure);
        }
    }

    /**
     * Waits for an interrupt line and takes its reasons.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return bits of {@link dev.paravirt.spec.InterruptStatus}, 0 after the timeout
     * @throws HypervisorGoneException if the hypervisor ends
     * @throws IllegalStateException if another thread waits for the same line
     */
    public int await(int line, long timeoutNanos) {
        return lines[line].await(timeoutNanos);
    }

    /** Leaves the hypervisor, which then gives this guest's memory back. No other thread is inside this object. */
    @Override
    public void close() {
        for (AutoCloseable descriptor : owned) {
            try {
                descriptor.close();
            } catch (Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
