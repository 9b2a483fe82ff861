// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCallGate;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives a program memory and a gate, and runs it as a task. */
final class ProgramLoader {
    private final Scheduler scheduler;
    private final Console console;
    private final Map<String, Program> programs;
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

    /** @param commandLine a program and its arguments, parted by blanks, or by nothing within double quotes */
    Task start(String commandLine) throws SystemCallException {
        String[] words = CommandLine.split(commandLine);
        if (words.length == 0 || !programs.containsKey(words[0])) {
            throw new SystemCallException(Errno.NOT_FOUND);
        }
        return start(words);
    }

    /** Starts a program that exists. */
    Task start(String[] words) {
        Program program = programs.get(words[0]);
        if (program == null) {
            throw new IllegalArgumentException("no program " + words[0]);
        }
        return scheduler.spawn(words[0], () -> run(program, words));
    }

    private int run(Program program, String[] words) {
        SystemCalls entry = systemCalls;
        if (entry == null) {
            throw new IllegalStateException("no kernel to call");
        }
        byte[] memory = new byte[Process.MEMORY_SIZE];
        Process process = new Process(memory);
        SystemCallGate gate = (number, a0, a1, a2, a3) -> entry.call(process, number, a0, a1, a2, a3);
        try {
            return program.run(memory, gate, words);
        } catch (ProgramExit exit) {
            return exit.status();
        } catch (RuntimeException | StackOverflowError crash) {
            // As a real kernel does with a fault in a program: it ends the program, not itself.
            console.line("kernel: " + words[0] + " crashed: " + crash);
            return 139;
        } finally {
            process.closeAll();
        }
    }
}
