// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.queue.AdaptiveSpin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** An interrupt line to a guest in this process: a set of reasons, and threads that wait for any. */
public final class LocalLine {
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private final AtomicInteger reasons = new AtomicInteger();

    private volatile Thread[] sleepers = {};
    private volatile boolean closed;

    /** Shared by all waiters; what one has learnt may be lost to another, which costs a little time at most. */
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);

    /** A line without a reason. */
    public LocalLine() {}

    /** Adds reasons and wakes all that sleep. From any thread; neither locks nor allocates. */
    public void raise(int added) {
        // Both are sequentially consistent, and so are their counterparts: one of us sees the other.
        int before = reasons.get();
        while (!reasons.compareAndSet(before, before | added)) {
            before = reasons.get();
        }
        for (Thread sleeper : sleepers) {
            LockSupport.unpark(sleeper);
        }
    }

    /**
     * Takes all reasons, once there are any.
     *
     * @param timeoutNanos nanoseconds; negative is for ever
     * @return 0 when time ran out, when the line was closed, or when the thread was interrupted
     */
    public int await(long timeoutNanos) {
        int taken = reasons.getAndSet(0);
        if (taken != 0 || timeoutNanos == 0) {
            return taken;
        }
        long start = System.nanoTime();
        long longestSpin = timeoutNanos < 0 ? spin.nanos() : Math.min(spin.nanos(), timeoutNanos);
        while (taken == 0 && System.nanoTime() - start < longestSpin) {
            Thread.onSpinWait();
            taken = reasons.get() == 0 ? 0 : reasons.getAndSet(0);
        }
        if (taken == 0) {
            taken = sleep(start, timeoutNanos);
        }
        spin.waited(System.nanoTime() - start);
        return taken;
    }

    private int sleep(long start, long timeoutNanos) {
        Thread self = Thread.currentThread();
        addSleeper(self);
        try {
            while (true) {
                int taken = reasons.getAndSet(0);
                long left = timeoutNanos < 0 ? Long.MAX_VALUE : timeoutNanos - (System.nanoTime() - start);
                if (taken != 0 || left <= 0 || closed || self.isInterrupted()) {
                    return taken;
                }
                LockSupport.parkNanos(this, left);
            }
        } finally {
            removeSleeper(self);
        }
    }

    private synchronized void addSleeper(Thread thread) {
        Thread[] more = Arrays.copyOf(sleepers, sleepers.length + 1);
        more[sleepers.length] = thread;
        sleepers = more;
    }

    private synchronized void removeSleeper(Thread thread) {
        List<Thread> fewer = new ArrayList<>(Arrays.asList(sleepers));
        fewer.remove(thread);
        sleepers = fewer.toArray(Thread[]::new);
    }

    /** Ends every wait, also those to come. */
    public void close() {
        closed = true;
        for (Thread sleeper : sleepers) {
            LockSupport.unpark(sleeper);
        }
    }
}
