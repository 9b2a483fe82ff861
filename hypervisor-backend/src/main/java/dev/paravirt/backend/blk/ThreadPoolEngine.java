// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.backend.thread.Joining;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine of threads that block, one for each operation under way. It starts threads as operations need them and ends
 * those that were idle for long, all but one. Idle threads sleep.
 */
public final class ThreadPoolEngine implements IoEngine {
    private static final Logger log = LoggerFactory.getLogger(ThreadPoolEngine.class);
    private static final long KEEP_ALIVE_MILLIS = 10_000;

    private final String name;
    private final int maxThreads;
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable Operation head;
    private @Nullable Operation tail;
    private int idle;
    private int started;

    /** Whether a thread was woken or started that has not taken an operation yet. */
    private boolean waking;

    private boolean closed;

    /**
     * Starts the first thread.
     *
     * @param name of the threads, a number is added
     * @param maxThreads the most operations under way at once, 1 or more
     */
    public ThreadPoolEngine(String name, int maxThreads) {
        if (maxThreads < 1) {
            throw new IllegalArgumentException("an engine needs at least one thread: " + maxThreads);
        }
        this.name = name;
        this.maxThreads = maxThreads;
        startThread();
    }

    @Override
    public synchronized void submit(Operation operation) {
        if (closed) {
            throw new IllegalStateException("the I/O engine " + name + " is closed");
        }
        operation.next = null;
        if (tail == null) {
            head = operation;
        } else {
            tail.next = operation;
        }
        tail = operation;
        wakeAnother();
    }

    /**
     * Sees to it that one more thread comes, unless one is on its way. Each that takes an operation does the same for the
     * next, before it may have to wait: so all operations get a thread, but short ones need no thread each.
     */
    private void wakeAnother() {
        if (waking || closed) {
            return;
        }
        if (idle > 0) {
            waking = true;
            notify();
        } else if (threads.size() < maxThreads) {
            startAnotherThread();
        }
    }

    private void startAnotherThread() {
        try {
            startThread();
            waking = true;
        } catch (OutOfMemoryError noThread) {
            // The first thread is always there and will come to it.
            log.warn("I/O engine {} goes on with {} threads: {}", name, threads.size(), noThread.getMessage());
        }
    }

    private synchronized void startThread() {
        Thread thread = new Thread(this::work, name + "-" + started++);
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
    }

    private void work() {
        arrived();
        for (Operation operation = take(); operation != null; operation = take()) {
            try {
                operation.run();
            } catch (RuntimeException | Error bug) {
                log.error("an operation of I/O engine {} failed and did not say so", name, bug);
            }
        }
    }

    private synchronized void arrived() {
        waking = false;
    }

    /** The next operation; null if this thread is to end. */
    private synchronized @Nullable Operation take() {
        boolean first = threads.getFirst() == Thread.currentThread();
        long idleSince = System.nanoTime();
        while (head == null) {
            long idleMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - idleSince);
            if (closed || (!first && idleMillis >= KEEP_ALIVE_MILLIS)) {
                threads.remove(Thread.currentThread());
                return null;
            }
            idle++;
            try {
                wait(first ? 0 : KEEP_ALIVE_MILLIS - idleMillis);
            } catch (InterruptedException nobodyDoesThat) {
                log.debug("a thread of I/O engine {} was interrupted, and goes on", name);
            }
            idle--;
            waking = false;
        }
        Operation operation = head;
        head = operation.next;
        operation.next = null;
        if (head == null) {
            tail = null;
        } else {
            wakeAnother();
        }
        return operation;
    }

    @Override
    public void close() {
        List<Thread> left;
        synchronized (this) {
            closed = true;
            notifyAll();
            left = List.copyOf(threads);
        }
        left.forEach(Joining::uninterrupted);
    }
}
