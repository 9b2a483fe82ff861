// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Shares one virtual CPU among tasks: cooperatively, in turn. A task keeps the CPU until it blocks, sleeps, yields or
 * ends, or makes a system call after a long turn; so kernel code between two such points needs no lock.
 *
 * <p>There is no idle task. A task that blocks looks for the next one itself, and while there is none it halts the CPU
 * until an interrupt comes. If that interrupt is the one it waits for, it goes on without any switch.
 */
public final class Scheduler {
    private static final long LONGEST_TURN_NANOS = 10_000_000;

    private final Machine machine;
    private final List<Task> tasks = new ArrayList<>();
    private final Task boot;
    private Task current;
    private int nextNumber;

    /** Makes the caller the first task. */
    public Scheduler(Machine machine) {
        this.machine = machine;
        boot = new Task(nextNumber++, "kernel");
        boot.context = TaskContext.current();
        boot.state = TaskState.RUNNING;
        boot.resumedAt = machine.monotonicNanos();
        boot.switches = 1;
        tasks.add(boot);
        current = boot;
    }

    public Task current() {
        return current;
    }

    /** All tasks that have not ended, and those that ended but were not waited for. */
    public List<Task> tasks() {
        return List.copyOf(tasks);
    }

    /**
     * Makes a task that runs {@code body} when its turn comes.
     *
     * @param body returns the exit status; an exception that escapes from it ends the task with status 255
     */
    public Task spawn(String name, IntSupplier body) {
        Task task = new Task(nextNumber++, name);
        task.context = TaskContext.create(name, () -> run(task, body));
        tasks.add(task);
        return task;
    }

    /** Lets all other ready tasks have their turn. */
    public void yield() {
        block(() -> true, Long.MAX_VALUE);
    }

    /** As {@link #yield}, if the task has had the CPU for a while. */
    void yieldIfDue() {
        if (machine.monotonicNanos() - current.resumedAt > LONGEST_TURN_NANOS) {
            this.yield();
        }
    }

    /** Sleeps; ends early if the task is told to stop. */
    public void sleep(long nanos) {
        long now = machine.monotonicNanos();
        long until = nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + Math.max(0, nanos);
        awaitUnlessStopped(() -> false, until);
    }

    /** Gives the CPU away until {@code condition}, which must be quick and free of effects, holds. */
    public void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            block(condition, Long.MAX_VALUE);
        }
    }

    /** As {@link #await(BooleanSupplier)}, but no longer than to a time of the machine's monotonic clock. */
    public void await(BooleanSupplier condition, long deadline) {
        while (!condition.getAsBoolean() && machine.monotonicNanos() < deadline) {
            block(condition, deadline);
        }
    }

    /**
     * As {@link #await(BooleanSupplier)}, but ends early if the waiting task is told to {@link Task#stop}. For waits that a
     * person may want to end; never in the middle of a change to a disk.
     *
     * @return whether {@code condition} holds
     */
    public boolean awaitUnlessStopped(BooleanSupplier condition) {
        return awaitUnlessStopped(condition, Long.MAX_VALUE);
    }

    /** As {@link #awaitUnlessStopped(BooleanSupplier)}, but no longer than to a time of the machine's monotonic clock. */
    public boolean awaitUnlessStopped(BooleanSupplier condition, long deadline) {
        Task self = current;
        await(() -> self.mustStop() || condition.getAsBoolean(), deadline);
        return condition.getAsBoolean();
    }

    /** Nobody will wait for this task: it is forgotten as soon as it ends. */
    void detach(Task task) {
        task.detached = true;
        if (task.state == TaskState.ENDED) {
            tasks.remove(task);
        }
    }

    /** Waits until a task has ended, forgets it, and returns its exit status. */
    public int join(Task task) {
        await(() -> task.state == TaskState.ENDED);
        tasks.remove(task);
        return task.exitStatus;
    }

    private void run(Task task, IntSupplier body) {
        int status = 255;
        try {
            status = body.getAsInt();
        } finally {
            task.exitStatus = status;
            accountFor(task);
            task.state = TaskState.ENDED;
            if (task.detached) {
                tasks.remove(task);
            }
            resume(next());
        }
    }

    private void block(BooleanSupplier condition, long deadline) {
        Task self = current;
        self.state = TaskState.BLOCKED;
        self.condition = condition;
        self.deadline = deadline;
        accountFor(self);
        Task next = next();
        if (next == self) {
            taken(self);
            return;
        }
        TaskContext context = contextOf(self);
        context.release();
        resume(next);
        context.suspend();
    }

    private void resume(Task next) {
        taken(next);
        next.switches++;
        contextOf(next).resume();
    }

    private void taken(Task task) {
        task.state = TaskState.RUNNING;
        task.condition = null;
        task.resumedAt = machine.monotonicNanos();
        current = task;
    }

    private void accountFor(Task task) {
        task.cpuNanos += machine.monotonicNanos() - task.resumedAt;
    }

    /** The task whose turn it is; halts the CPU while there is none. */
    private Task next() {
        machine.poll();
        while (true) {
            long now = machine.monotonicNanos();
            long earliest = Long.MAX_VALUE;
            int start = tasks.indexOf(current) + 1;
            for (int i = 0; i < tasks.size(); i++) {
                Task task = tasks.get((start + i) % tasks.size());
                if (ready(task, now)) {
                    return task;
                }
                if (task.state == TaskState.BLOCKED) {
                    earliest = Math.min(earliest, task.deadline);
                }
            }
            machine.waitForInterrupt(earliest == Long.MAX_VALUE ? earliest : Math.max(0, earliest - now));
        }
    }

    private static boolean ready(Task task, long now) {
        BooleanSupplier condition = task.condition;
        return switch (task.state) {
            case READY -> true;
            case BLOCKED -> now >= task.deadline || condition != null && condition.getAsBoolean();
            case RUNNING, ENDED -> false;
        };
    }

    private static TaskContext contextOf(Task task) {
        TaskContext context = task.context;
        if (context == null) {
            throw new IllegalStateException("task " + task.name + " has no context");
        }
        return context;
    }
}
