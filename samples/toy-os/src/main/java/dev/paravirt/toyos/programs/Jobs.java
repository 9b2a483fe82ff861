// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.ArrayList;
import java.util.List;

/** The pipelines that a shell has started and not heard the end of. */
final class Jobs {
    private static final int NOT_YET = -1;
    private static final int FAILED = 1;

    private final UserSpace user;
    private final boolean interactive;
    private final List<Job> jobs = new ArrayList<>();
    private boolean interrupted;

    /** One pipeline, and the statuses of those of its programs that have ended. */
    private static final class Job {
        final int number;
        final int group;
        final List<Integer> tasks;
        final String source;
        int status;

        Job(int number, int group, List<Integer> tasks, String source) {
            this.number = number;
            this.group = group;
            this.tasks = new ArrayList<>(tasks);
            this.source = source;
        }
    }

    /** @param interactive whether a person is told of jobs, and may end the one that is waited for with Ctrl-C */
    Jobs(UserSpace user, boolean interactive) {
        this.user = user;
        this.interactive = interactive;
    }

    boolean any() throws UserException {
        look();
        return jobs.stream().anyMatch(job -> !job.tasks.isEmpty());
    }

    /** Notes a pipeline that nobody waits for now. */
    void add(int group, List<Integer> tasks, String source) throws UserException {
        int number = jobs.isEmpty() ? 1 : jobs.getLast().number + 1;
        jobs.add(new Job(number, group, tasks, source));
        if (interactive) {
            user.print("[" + number + "] task " + tasks.getLast());
        }
    }

    /** Waits for all programs of a pipeline; returns the status of the last. */
    int await(int group, List<Integer> tasks) throws UserException {
        if (interactive) {
            user.foreground(group);
        }
        int status = 0;
        for (int task : tasks) {
            status = user.await(task);
        }
        if (interactive && user.foreground(0)) {
            interrupted = true;
        }
        return status;
    }

    /** Whether Ctrl-C was typed while something was waited for, since the last call. */
    boolean takeInterrupted() {
        boolean was = interrupted;
        interrupted = false;
        return was;
    }

    private void look() throws UserException {
        for (Job job : jobs) {
            for (int task : List.copyOf(job.tasks)) {
                int status = user.look(task);
                if (status != NOT_YET) {
                    job.status = task == job.tasks.getLast() ? status : job.status;
                    job.tasks.remove(Integer.valueOf(task));
                }
            }
        }
        if (!interactive) {
            jobs.removeIf(job -> job.tasks.isEmpty());
        }
    }

    /** Tells the person of jobs that have ended since the last time. */
    void tellEnded() throws UserException {
        look();
        for (Job job : List.copyOf(jobs)) {
            if (job.tasks.isEmpty()) {
                user.print("[" + job.number + "] " + (job.status == 0 ? "done" : "ended with status " + job.status)
                        + ": " + job.source);
                jobs.remove(job);
            }
        }
    }

    void list(int fd) throws UserException {
        look();
        for (Job job : jobs) {
            String state = job.tasks.isEmpty() ? "done" : "task " + job.tasks.getLast();
            user.show(fd, "[" + job.number + "] " + state + ": " + job.source + "\n");
        }
    }

    /** Waits for a job as if it had been started in the foreground; without a number, for the latest. */
    int resume(List<String> arguments) throws UserException {
        for (Job job : jobs.reversed()) {
            if (arguments.isEmpty() || arguments.getFirst().equals(Integer.toString(job.number))) {
                user.print(job.source);
                jobs.remove(job);
                return job.tasks.isEmpty() ? job.status : await(job.group, job.tasks);
            }
        }
        throw new UserException(
                arguments.isEmpty() ? "no job in the background" : "no such job: " + arguments.getFirst(),
                Errno.INVALID_ARGUMENT);
    }

    int awaitAll() throws UserException {
        int status = 0;
        for (Job job : List.copyOf(jobs)) {
            if (!job.tasks.isEmpty()) {
                job.status = await(job.group, job.tasks);
                job.tasks.clear();
            }
            status = job.status == 0 ? status : FAILED;
        }
        if (!interactive) {
            jobs.clear();
        }
        return status;
    }
}
