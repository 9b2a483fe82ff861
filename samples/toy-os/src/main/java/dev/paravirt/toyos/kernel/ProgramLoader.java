// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCallGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives a program memory and a gate, and runs it as a task. Knows all that run. */
final class ProgramLoader {
    private static final int CRASHED = 139;

    private final Scheduler scheduler;
    private final Console console;
    private final Map<String, Program> programs;
    private final Map<Task, Process> running = new HashMap<>();
    private @Nullable SystemCalls systemCalls;

    ProgramLoader(Scheduler scheduler, Console console, Map<String, Program> programs) {
        this.scheduler = scheduler;
        this.console = console;
        this.programs = programs;
    }

    /** The kernel's entry exists only after this loader. */
    void connect(SystemCalls entry) {
        systemCalls = entry;
    }

    /** @return null if there is none of that name */
    @Nullable
    Program find(String name) {
        return programs.get(name);
    }

    /**
     * Starts a program that exists.
     *
     * @param words its name, and its arguments
     */
    Task start(String[] words, Process process) {
        Program program = programs.get(words[0]);
        if (program == null) {
            throw new IllegalArgumentException("no program " + words[0]);
        }
        Task[] self = new Task[1];
        Task task = scheduler.spawn(words[0], () -> run(program, words, process, self[0]));
        self[0] = task;
        running.put(task, process);
        return task;
    }

    private int run(Program program, String[] words, Process process, Task self) {
        SystemCalls entry = systemCalls;
        if (entry == null) {
            throw new IllegalStateException("no kernel to call");
        }
        SystemCallGate gate = (number, a0, a1, a2, a3) -> entry.call(process, number, a0, a1, a2, a3);
        try {
            return program.run(process.memory.array(), gate, words);
        } catch (ProgramExit exit) {
            return exit.status();
        } catch (RuntimeException | StackOverflowError crash) {
            // As a real kernel does with a fault in a program: it ends the program, not itself.
            console.line("kernel: " + words[0] + " crashed: " + crash);
            sayCrashed(process, words[0]);
            return CRASHED;
        } finally {
            running.remove(self);
            process.children.values().forEach(scheduler::detach);
            process.closeAll();
        }
    }

    /** Who started the program may not see the kernel's log. */
    private static void sayCrashed(Process process, String name) {
        byte[] text = (name + ": crashed; dmesg says how\n").getBytes(StandardCharsets.UTF_8);
        try {
            OpenDescriptor complaints = process.descriptor(2);
            if (!(complaints instanceof OpenDescriptor.EarlyConsole)) {
                complaints.write(text, 0, text.length);
            }
        } catch (IOException | SystemCallException nobodyListens) {
            // The log has it.
            return;
        }
    }

    /** Tells the programs of a group to end. */
    void stopGroup(int group, int status) {
        running.forEach((task, process) -> {
            if (process.group == group) {
                task.stop(status);
            }
        });
    }

    /** Tells one program to end. */
    void stop(long number, int status) throws SystemCallException {
        for (Task task : running.keySet()) {
            if (task.number() == number) {
                task.stop(status);
                return;
            }
        }
        throw new SystemCallException(Errno.NO_PROCESS);
    }

    /** Tells all programs to end. */
    void stopAll(int status) {
        running.keySet().forEach(task -> task.stop(status));
    }
}
