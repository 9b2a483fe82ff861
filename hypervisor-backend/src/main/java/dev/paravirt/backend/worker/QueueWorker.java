// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

import dev.paravirt.backend.thread.Joining;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.queue.AdaptiveSpin;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A thread that serves queues: it polls them while there is work, spins briefly when there is none (for longer while
 * that pays), then asks for notifications, looks once more, and sleeps. Idle, it uses no CPU. Whatever goes wrong in one
 * queue ends that queue and not the thread.
 *
 * <p>A queue that is added belongs to the worker's thread until it is removed. All methods are for any thread. A worker
 * is never interrupted: interruption would close the file channels that a device reads from.
 */
public final class QueueWorker implements AutoCloseable {
    private static final long LONGEST_SPIN_NANOS = 50_000;
    private static final VarHandle SLEEPING;

    static {
        try {
            SLEEPING = MethodHandles.lookup().findVarHandle(QueueWorker.class, "sleeping", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final WakeUp wakeUp;
    private final Thread thread;
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private volatile PolledQueue[] queues = {};
    private volatile boolean stopping;

    /** 1 while the worker sleeps, or is about to; whoever wakes it makes it 0. */
    @SuppressWarnings("UnusedVariable") // through SLEEPING
    private volatile int sleeping;

    /** The queue that the worker was in last: the JVM may report a fault of its memory a little late. */
    private @Nullable PolledQueue last;

    private QueueWorker(String name, WakeUp wakeUp) {
        this.wakeUp = wakeUp;
        this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /** Starts a worker for queues whose drivers are in this process; on any operating system. */
    public static QueueWorker start(String name) {
        return new QueueWorker(name, new ParkWakeUp()).started();
    }

    /**
     * Starts a worker that doorbells of other processes wake too, see {@link #watch}. Linux only.
     *
     * @throws LinuxException if the process is out of descriptors
     */
    public static QueueWorker startWatching(String name) throws LinuxException {
        return new QueueWorker(name, new EpollWakeUp()).started();
    }

    private QueueWorker started() {
        thread.start();
        return this;
    }

    /** Whether the caller is this worker's thread. */
    public boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    /** The worker's thread, to look at: for its name, its processor time, its state. */
    public Thread thread() {
        return thread;
    }

    /** Serves a queue from now on. */
    public synchronized void add(PolledQueue queue) {
        if (stopping) {
            throw new IllegalStateException(thread.getName() + " has been closed");
        }
        PolledQueue[] more = Arrays.copyOf(queues, queues.length + 1);
        more[queues.length] = queue;
        queues = more;
        wake();
    }

    /** Does not serve a queue any more; it may be in the middle of a last {@link PolledQueue#serve} or {@code arm}. */
    public synchronized void remove(PolledQueue queue) {
        List<PolledQueue> fewer = new ArrayList<>(Arrays.asList(queues));
        fewer.remove(queue);
        queues = fewer.toArray(PolledQueue[]::new);
    }

    /**
     * Wakes up when another process signals a descriptor; the descriptor is never read.
     *
     * @param doorbell stays open as long as the worker, or until {@link #unwatch}
     * @param rung runs on the worker's thread, at least once after each time that it was asleep and the doorbell rang
     * @throws LinuxException if the descriptor cannot be watched
     */
    public void watch(FileDescriptor doorbell, Runnable rung) throws LinuxException {
        watching().watch(doorbell, rung);
    }

    /** Watches a descriptor no more; {@code rung}, the same as before, may run once again. */
    public void unwatch(FileDescriptor doorbell, Runnable rung) throws LinuxException {
        watching().unwatch(doorbell, rung);
    }

    private EpollWakeUp watching() {
        if (wakeUp instanceof EpollWakeUp epoll) {
            return epoll;
        }
        throw new IllegalStateException(thread.getName() + " was not started to watch descriptors");
    }

    /**
     * Makes the worker look at its queues. To be called after what there is to look at was written, however it was
     * written. Costs a fence, and a system call if the worker sleeps; neither locks nor allocates.
     */
    public void wake() {
        if (isCurrentThread()) {
            // It looks at all queues again after it has worked, and does not sleep before.
            return;
        }
        // The worker sets its flag, fences, and looks at its queues before it sleeps: one of us sees the other.
        VarHandle.fullFence();
        if ((int) SLEEPING.getOpaque(this) == 1 && SLEEPING.compareAndSet(this, 1, 0)) {
            wakeUp.signal(thread);
        }
    }

    private void run() {
        while (!stopping) {
            try {
                if (!serveAll()) {
                    idle();
                }
            } catch (Throwable failure) {
                // Also InternalError, for memory that a peer cut off: that queue is over, the thread is not.
                PolledQueue culprit = last;
                if (culprit != null) {
                    culprit.failed(failure);
                }
            }
        }
    }

    private boolean serveAll() {
        boolean worked = false;
        for (PolledQueue queue : queues) {
            last = queue;
            worked |= queue.serve();
        }
        return worked;
    }

    private void idle() {
        long start = System.nanoTime();
        long longestSpin = spin.nanos();
        boolean found = false;
        long waited = 0;
        while (!found && waited < longestSpin) {
            Thread.onSpinWait();
            waited = System.nanoTime() - start;
            found = serveAll();
        }
        while (!found && !stopping) {
            sleep();
            waited = System.nanoTime() - start;
            found = serveAll();
        }
        spin.waited(waited);
    }

    private void sleep() {
        SLEEPING.setOpaque(this, 1);
        // Pairs with the fence in wake: what was there before its caller looked at our flag, we see below.
        VarHandle.fullFence();
        boolean quiet = !stopping;
        long nanos = Long.MAX_VALUE;
        for (PolledQueue queue : queues) {
            last = queue;
            quiet = quiet && queue.arm();
            nanos = Math.min(nanos, queue.patienceNanos());
        }
        if (quiet && nanos > 0) {
            wakeUp.await(nanos);
        }
        SLEEPING.setOpaque(this, 0);
    }

    /**
     * Ends the thread.
     *
     * @throws IllegalStateException if a queue has not been removed: nobody would serve it
     */
    @Override
    public void close() {
        synchronized (this) {
            if (queues.length > 0) {
                throw new IllegalStateException(
                        thread.getName() + " still serves " + queues.length + " queues; close their sessions first");
            }
            stopping = true;
        }
        wake();
        Joining.uninterrupted(thread);
        wakeUp.close();
    }
}
