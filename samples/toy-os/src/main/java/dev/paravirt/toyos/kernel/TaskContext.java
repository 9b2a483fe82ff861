// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.concurrent.locks.LockSupport;

/**
 * The stack and registers of a task. A freestanding system would save and load registers here; on a JVM each task keeps
 * them in a thread of its own that runs just while it has been handed the virtual CPU. Each hand-over is a volatile
 * write read by the one who takes over, so tasks see each other's memory as on one CPU.
 */
final class TaskContext {
    private final Thread thread;
    private volatile boolean running;

    private TaskContext(Thread thread, boolean running) {
        this.thread = thread;
        this.running = running;
    }

    /** The context that is running right now. */
    static TaskContext current() {
        return new TaskContext(Thread.currentThread(), true);
    }

    /** A context that will run {@code body} when it is resumed for the first time. */
    static TaskContext create(String name, Runnable body) {
        TaskContext[] self = new TaskContext[1];
        Thread thread = Thread.ofPlatform().daemon().name("task " + name).unstarted(() -> {
            self[0].suspend();
            body.run();
        });
        self[0] = new TaskContext(thread, false);
        thread.start();
        return self[0];
    }

    /** Hands the CPU over. The caller suspends itself next, or ends. */
    void resume() {
        running = true;
        LockSupport.unpark(thread);
    }

    /** Called by the context itself: stops until it is resumed. */
    void suspend() {
        while (!running) {
            LockSupport.park(this);
        }
    }

    /** Called by the context itself before it resumes another. */
    void release() {
        running = false;
    }
}
