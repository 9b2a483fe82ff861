// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import java.util.concurrent.locks.ReentrantLock;

/** Makes hypercalls through the slot in control memory: one at a time, from any thread. */
final class CallSlot {
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private final ReentrantLock oneCaller = new ReentrantLock();
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private final SharedWords control;
    private final Eventfd call;
    private final Eventfd reply;
    private final Poll replyOrEnd;

    CallSlot(SharedWords control, Eventfd call, Eventfd reply, FileDescriptor socket) {
        this.control = control;
        this.call = call;
        this.reply = reply;
        this.replyOrEnd = new Poll(reply.descriptor(), socket);
    }

    long call(int number, long a0, long a1, long a2, long a3) {
        oneCaller.lock();
        try {
            control.putInt(ControlLayout.CALL_NUMBER, number);
            control.putLong(ControlLayout.CALL_ARGUMENTS, a0);
            control.putLong(ControlLayout.CALL_ARGUMENTS + 8, a1);
            control.putLong(ControlLayout.CALL_ARGUMENTS + 16, a2);
            control.putLong(ControlLayout.CALL_ARGUMENTS + 24, a3);
            // Pairs with the server's acquire of the state before it reads the call.
            control.putIntRelease(ControlLayout.CALL_STATE, ControlLayout.CALL_REQUESTED);
            // The server sets its flag, fences, and looks at the state before it sleeps: one of us sees the other.
            SharedWords.fullFence();
            if (control.getInt(ControlLayout.SERVER_SLEEPING) != 0) {
                call.signal();
            }
            awaitResult(number);
            return control.getLong(ControlLayout.CALL_RESULT);
        } catch (LinuxException failure) {
            throw new IllegalStateException("hypercall " + Hypercall.name(number), failure);
        } finally {
            oneCaller.unlock();
        }
    }

    private boolean isDone() {
        return control.getIntAcquire(ControlLayout.CALL_STATE) == ControlLayout.CALL_DONE;
    }

    private void awaitResult(int number) throws LinuxException {
        long start = System.nanoTime();
        boolean done = isDone();
        while (!done && System.nanoTime() - start < spin.nanos()) {
            Thread.onSpinWait();
            done = isDone();
        }
        while (!done) {
            sleep(number);
            done = isDone();
        }
        spin.waited(System.nanoTime() - start);
    }

    private void sleep(int number) throws LinuxException {
        control.putInt(ControlLayout.CALLER_SLEEPING, 1);
        // The server writes the state, fences, and looks at our flag: one of us sees the other.
        SharedWords.fullFence();
        int ready = isDone() ? 0 : replyOrEnd.await(-1);
        control.putInt(ControlLayout.CALLER_SLEEPING, 0);
        if ((ready & Poll.FIRST) != 0) {
            reply.drain();
        }
        if ((ready & Poll.SECOND) != 0 && !isDone()) {
            throw new HypervisorGoneException(Hypercall.name(number));
        }
    }
}
