// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A guest in this process ({@code HYPERCALLS.md}, "One process"): a hypercall is a method call, a wait for an interrupt
 * line is a wait of the calling thread. On any operating system. For any number of threads at once.
 */
public final class LocalGuest implements AutoCloseable {
    private final LocalLine[] lines;
    private final HypercallMachine machine;
    private volatile boolean closed;

    private LocalGuest(
            GuestMemory memory, List<? extends VirtioDevice> devices, int lineCount, MachineOptions options) {
        if (lineCount < 1) {
            throw new IllegalArgumentException("a guest needs at least one interrupt line: " + lineCount);
        }
        lines = new LocalLine[lineCount];
        for (int line = 0; line < lineCount; line++) {
            lines[line] = new LocalLine();
        }
        try {
            machine = new HypercallMachine(memory, devices, new Lines(), options, QueueWorker::start);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * Starts a guest's machine.
     *
     * @param memory all of the guest's memory; outlives the machine
     * @param devices belong to the machine, which closes them. Numbered in this order.
     * @param lines interrupt lines, at least 1
     */
    public static LocalGuest start(
            GuestMemory memory, List<? extends VirtioDevice> devices, int lines, MachineOptions options) {
        return new LocalGuest(memory, devices, lines, options);
    }

    /**
     * Makes a hypercall.
     *
     * @return zero or more, or a {@link HypercallError}; BAD_STATE once the machine is closed
     */
    public long hypercall(int number, long a0, long a1, long a2, long a3) {
        if (closed) {
            return HypercallError.BAD_STATE;
        }
        return number == Hypercall.WAIT ? await(a0, a1) : machine.hypercall(number, a0, a1, a2, a3);
    }

    private long await(long line, long timeoutNanos) {
        if (line < 0 || line >= lines.length) {
            return HypercallError.INVALID_ARGUMENT;
        }
        return lines[(int) line].await(timeoutNanos);
    }

    /** The hypercall NOTIFY, for those who make it often. */
    public void notify(int doorbell, int data) {
        if (!closed) {
            machine.notify(doorbell, Integer.toUnsignedLong(data));
        }
    }

    /**
     * The hypercall WAIT, for those who make it often.
     *
     * @param timeoutNanos nanoseconds; negative is for ever
     * @return the reasons; 0 when time ran out, the machine was closed, or the thread is interrupted
     */
    public int waitForInterrupt(int line, long timeoutNanos) {
        return closed ? 0 : lines[line].await(timeoutNanos);
    }

    /** The session of a device, for what it can tell about it. */
    public DeviceSession session(int device) {
        return machine.session(device);
    }

    /** Ends every wait, resets and closes every device, waiting for I/O in flight, and ends the workers. */
    @Override
    public void close() {
        closed = true;
        for (LocalLine line : lines) {
            line.close();
        }
        machine.close();
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
