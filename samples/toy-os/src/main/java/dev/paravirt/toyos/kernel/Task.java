// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A thread of control inside the guest. */
public final class Task {
    private static final int GO_ON = -1;

    final int number;
    final String name;
    TaskState state = TaskState.READY;
    long switches;
    long cpuNanos;
    long resumedAt;
    int exitStatus;
    boolean detached;
    private int stopStatus = GO_ON;

    /** What a blocked task waits for. */
    @Nullable
    BooleanSupplier condition;

    /** When a blocked task goes on at the latest, on the monotonic clock. */
    long deadline = Long.MAX_VALUE;

    @Nullable
    TaskContext context;

    Task(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /**
     * Tells the task to end: at the system call that it is in, if that can be left early, or at its next one.
     *
     * @param status its exit status, 0 to 255; the first one told counts
     */
    void stop(int status) {
        if (stopStatus == GO_ON) {
            stopStatus = status;
        }
    }

    /** Whether it was told to stop, and system calls that wait are to be left. */
    boolean mustStop() {
        return stopStatus != GO_ON;
    }

    /** What it was told to end with. */
    int stopStatus() {
        return stopStatus;
    }

    public int number() {
        return number;
    }

    public String name() {
        return name;
    }

    public TaskState state() {
        return state;
    }

    /** Times it was given the CPU. */
    public long switches() {
        return switches;
    }

    /** How long it had the CPU, in nanoseconds, up to the last time it gave it away. */
    public long cpuNanos() {
        return cpuNanos;
    }

    public int exitStatus() {
        return exitStatus;
    }
}
