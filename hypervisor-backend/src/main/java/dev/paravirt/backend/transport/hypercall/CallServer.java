// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;

/**
 * Answers the calls of one guest from the call slot in control memory, until the guest or the server ends. It spins
 * briefly after a call, for longer while that pays; then it sleeps and uses no CPU.
 *
 * <p>All of control memory is the guest's to scribble on. Each word is read once, and none is used for more than to
 * decide whether to answer and what to pass to the machine, which checks it.
 */
final class CallServer implements AutoCloseable {
    private static final long LONGEST_SPIN_NANOS = 50_000;

    /** A guest that calls without a pause does not keep us from seeing that the server stops. */
    private static final int CALLS_BETWEEN_LOOKS = 1024;

    private static final long CALL = 0;
    private static final long SOCKET = 1;
    private static final long STOP = 2;

    private final SharedGuest guest;
    private final SharedWords control;
    private final GuestMachine machine;
    private final Epoll epoll;
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private int callsUntilLook = CALLS_BETWEEN_LOOKS;

    /**
     * @param socket readable when the guest is gone; a guest that writes to it breaks the protocol and is gone too
     * @param stop readable when the server stops
     */
    CallServer(SharedGuest guest, GuestMachine machine, FileDescriptor socket, FileDescriptor stop)
            throws LinuxException {
        this.guest = guest;
        this.control = guest.control();
        this.machine = machine;
        this.epoll = Epoll.create(4);
        try {
            epoll.addEdgeTriggered(guest.callDescriptor(), CALL);
            epoll.add(socket, SOCKET);
            epoll.add(stop, STOP);
        } catch (LinuxException | RuntimeException failure) {
            epoll.close();
            throw failure;
        }
    }

    /** Returns when the guest is gone or the server stops. */
    void serve() throws LinuxException {
        boolean goOn = true;
        while (goOn) {
            long start = System.nanoTime();
            boolean requested = spin(start);
            while (goOn && !requested) {
                goOn = sleep();
                requested = isRequested();
            }
            spin.waited(System.nanoTime() - start);
            if (goOn) {
                answer();
                goOn = --callsUntilLook > 0 || look();
            }
        }
    }

    private boolean spin(long start) {
        boolean requested = isRequested();
        while (!requested && System.nanoTime() - start < spin.nanos()) {
            Thread.onSpinWait();
            requested = isRequested();
        }
        return requested;
    }

    private boolean isRequested() {
        return control.getIntAcquire(ControlLayout.CALL_STATE) == ControlLayout.CALL_REQUESTED;
    }

    private void answer() throws LinuxException {
        int number = control.getInt(ControlLayout.CALL_NUMBER);
        long a0 = control.getLong(ControlLayout.CALL_ARGUMENTS);
        long a1 = control.getLong(ControlLayout.CALL_ARGUMENTS + 8);
        long a2 = control.getLong(ControlLayout.CALL_ARGUMENTS + 16);
        long a3 = control.getLong(ControlLayout.CALL_ARGUMENTS + 24);
        long result =
                number == Hypercall.WAIT ? HypercallError.NOT_SUPPORTED : machine.hypercall(number, a0, a1, a2, a3);
        control.putLong(ControlLayout.CALL_RESULT, result);
        // Pairs with the guest's acquire of the state before it reads the result.
        control.putIntRelease(ControlLayout.CALL_STATE, ControlLayout.CALL_DONE);
        // The guest sets its flag, fences, and looks at the state before it sleeps: one of us sees the other.
        SharedWords.fullFence();
        if (control.getInt(ControlLayout.CALLER_SLEEPING) != 0) {
            guest.signalReply();
        }
    }

    private boolean look() throws LinuxException {
        callsUntilLook = CALLS_BETWEEN_LOOKS;
        return await(0);
    }

    private boolean sleep() throws LinuxException {
        control.putInt(ControlLayout.SERVER_SLEEPING, 1);
        // The guest writes the state, fences, and looks at our flag: one of us sees the other.
        SharedWords.fullFence();
        boolean goOn = isRequested() || await(-1);
        control.putInt(ControlLayout.SERVER_SLEEPING, 0);
        return goOn;
    }

    /** Returns false when there is nobody left to serve. */
    private boolean await(int timeoutMillis) throws LinuxException {
        int ready = epoll.await(timeoutMillis);
        boolean goOn = true;
        for (int result = 0; result < ready; result++) {
            goOn &= epoll.token(result) == CALL;
        }
        return goOn;
    }

    @Override
    public void close() {
        epoll.close();
    }
}
