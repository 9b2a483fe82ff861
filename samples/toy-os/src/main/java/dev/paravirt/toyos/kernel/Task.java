// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A thread of control inside the guest. */
public final class Task {
    final int number;
    final String name;
    TaskState state = TaskState.READY;
    long switches;
    long cpuNanos;
    long resumedAt;
    int exitStatus;

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
