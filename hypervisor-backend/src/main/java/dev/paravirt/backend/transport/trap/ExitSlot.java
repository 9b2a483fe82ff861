// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.queue.AdaptiveSpin;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The rendezvous of a guest's thread and the hypervisor's: one exit, and its result. The one who waits spins briefly, for
 * longer while that pays, then parks. Neither side allocates.
 */
final class ExitSlot {
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private static final int IDLE = 0;
    private static final int REQUESTED = 1;
    private static final int DONE = 2;
    private static final int CLOSED = 3;

    // Written before the state is, and read after it.
    int number;
    long a0;
    long a1;
    long a2;
    long a3;
    private long result;

    private final AtomicInteger state = new AtomicInteger(IDLE);

    private final AdaptiveSpin guestSpin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private final AdaptiveSpin hypervisorSpin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private volatile @Nullable Thread guest;
    private volatile @Nullable Thread hypervisor;

    /**
     * The guest exits, and goes on when that is handled. One thread at a time.
     *
     * @return the result, or {@code closed} if the hypervisor is gone
     */
    long exit(long closed) {
        // Sequentially consistent like all that follows: who sleeps and who wakes see one another.
        if (!state.compareAndSet(IDLE, REQUESTED)) {
            return closed;
        }
        LockSupport.unpark(hypervisor);
        long start = System.nanoTime();
        int seen = state.get();
        while (seen == REQUESTED && System.nanoTime() - start < guestSpin.nanos()) {
            Thread.onSpinWait();
            seen = state.get();
        }
        if (seen == REQUESTED) {
            guest = Thread.currentThread();
            for (seen = state.get(); seen == REQUESTED; seen = state.get()) {
                LockSupport.park(this);
            }
            guest = null;
        }
        guestSpin.waited(System.nanoTime() - start);
        long handled = result;
        return state.compareAndSet(DONE, IDLE) ? handled : closed;
    }

    /** The hypervisor waits for an exit. Returns false at the end. */
    boolean await() {
        long start = System.nanoTime();
        int seen = state.get();
        while (seen != REQUESTED && seen != CLOSED && System.nanoTime() - start < hypervisorSpin.nanos()) {
            Thread.onSpinWait();
            seen = state.get();
        }
        if (seen != REQUESTED && seen != CLOSED) {
            hypervisor = Thread.currentThread();
            for (seen = state.get(); seen != REQUESTED && seen != CLOSED; seen = state.get()) {
                LockSupport.park(this);
            }
            hypervisor = null;
        }
        hypervisorSpin.waited(System.nanoTime() - start);
        return seen == REQUESTED;
    }

    /** The exit is handled. */
    void complete(long value) {
        result = value;
        if (state.compareAndSet(REQUESTED, DONE)) {
            LockSupport.unpark(guest);
        }
    }

    /** Ends the hypervisor's wait, and fails the guest's exit and all to come. */
    void close() {
        state.set(CLOSED);
        LockSupport.unpark(hypervisor);
        LockSupport.unpark(guest);
    }
}
