// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The toy OS in a process of its own. */
final class Guest {
    private static final String MODULE = "dev.paravirt.toyos";
    private static final String MAIN = "dev.paravirt.toyos.boot.ToyOs";
    private static final long MOST_MINUTES = 10;

    private final Process process;
    private final Path errors;

    private Guest(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    /**
     * Starts a guest.
     *
     * @param socket where the hypervisor listens
     * @param commands for the toy OS's first program
     */
    static Guest boot(WorkFolder folder, Path socket, List<String> commands) throws IOException {
        List<String> command = JavaCommand.of(
                MODULE, MAIN, socket.toString(), "root=" + Hypervisor.ROOT_ID, "scratch=" + Hypervisor.SCRATCH_ID);
        command.addAll(commands);
        Path errors = folder.path().resolve("guest-errors.txt");
        Process process = folder.start(new ProcessBuilder(new ArrayList<>(command))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(errors.toFile())));
        process.getOutputStream().close();
        return new Guest(process, errors);
    }

    long pid() {
        return process.pid();
    }

    /** Waits for its end, and returns its exit status. */
    int await() throws InterruptedException, IOException {
        if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException("the toy OS did not end within " + MOST_MINUTES + " minutes, and was killed");
        }
        return process.exitValue();
    }

    /** What its JVM, not the toy OS, had to say: nothing unless it failed. */
    List<String> errors() throws IOException {
        return Files.readAllLines(errors);
    }
}
