// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.spec.hypercall.ControlLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/** One interrupt line, for one waiting thread at a time. Waiting allocates nothing. */
final class InterruptLine {
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private final AtomicBoolean waiting = new AtomicBoolean();
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private final SharedWords control;
    private final Eventfd wakeUp;
    private final Poll wakeUpOrEnd;
    private final int line;
    private final int reasonOffset;
    private final int sleepingOffset;

    InterruptLine(SharedWords control, Eventfd wakeUp, FileDescriptor socket, int doorbells, int line) {
        this.control = control;
        this.wakeUp = wakeUp;
        this.wakeUpOrEnd = new Poll(wakeUp.descriptor(), socket);
        this.line = line;
        this.reasonOffset = ControlLayout.lineReason(doorbells, line);
        this.sleepingOffset = ControlLayout.lineSleeping(doorbells, line);
    }

    /** Takes the reasons that are there, 0 if none; only then does it leave the shared word alone. */
    int take() {
        return control.getInt(reasonOffset) == 0 ? 0 : control.getAndSetInt(reasonOffset, 0);
    }

    /**
     * Waits for reasons and takes them.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return the reasons, 0 after the timeout
     */
    int await(long timeoutNanos) {
        int reasons = take();
        if (reasons != 0 || timeoutNanos == 0) {
            return reasons;
        }
        if (!waiting.compareAndSet(false, true)) {
            throw new IllegalStateException("another thread already waits for interrupt line " + line);
        }
        try {
            long start = System.nanoTime();
            reasons = spin(start, timeoutNanos);
            if (reasons == 0) {
                reasons = sleep(start, timeoutNanos);
            }
            spin.waited(System.nanoTime() - start);
            return reasons;
        } catch (LinuxException failure) {
            throw new IllegalStateException("wait for interrupt line " + line, failure);
        } finally {
            waiting.set(false);
        }
    }

    private int spin(long start, long timeoutNanos) {
        long limit = timeoutNanos < 0 ? spin.nanos() : Math.min(timeoutNanos, spin.nanos());
        int reasons = take();
        while (reasons == 0 && System.nanoTime() - start < limit) {
            Thread.onSpinWait();
            reasons = take();
        }
        return reasons;
    }

    private int sleep(long start, long timeoutNanos) throws LinuxException {
        while (true) {
            long left = timeoutNanos < 0 ? -1 : Math.max(timeoutNanos - (System.nanoTime() - start), 0);
            control.putInt(sleepingOffset, 1);
            // The hypervisor adds reasons, fences, and looks at our flag: one of us sees the other.
            SharedWords.fullFence();
            int ready = control.getInt(reasonOffset) != 0 ? 0 : wakeUpOrEnd.await(left);
            control.putInt(sleepingOffset, 0);
            if ((ready & Poll.FIRST) != 0) {
                wakeUp.drain();
            }
            int reasons = take();
            if (reasons != 0 || left == 0) {
                return reasons;
            }
            if ((ready & Poll.SECOND) != 0) {
                throw new HypervisorGoneException("a wait for interrupt line " + line);
            }
        }
    }
}
