// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.device.VirtioDevice;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The toy OS in a process of its own, and the machine that this process is to it. */
final class Guest implements AutoCloseable {
    /** What the disk calls itself that every guest boots from. */
    static final String ROOT_ID = "root";

    private static final String MODULE = "dev.paravirt.toyos";
    private static final String MAIN = "dev.paravirt.toyos.boot.ToyOs";
    private static final long MOST_MINUTES = 10;

    private final WorkFolder folder;
    private final Hypervisor hypervisor;
    private final GuestConsole console;
    private final Process process;
    private final Path errors;

    private Guest(WorkFolder folder, Hypervisor hypervisor, GuestConsole console, Process process, Path errors) {
        this.folder = folder;
        this.hypervisor = hypervisor;
        this.console = console;
        this.process = process;
        this.errors = errors;
    }

    /**
     * Starts a guest.
     *
     * @param name of its files in the folder
     * @param devices belong to the guest, also if this fails; a disk {@link #ROOT_ID} among them
     * @param console takes what it prints by hypercall
     * @param arguments for the toy OS: boot options, and command lines for its first program
     */
    static Guest boot(
            WorkFolder folder, String name, List<VirtioDevice> devices, GuestConsole console, List<String> arguments)
            throws IOException {
        Path socket = folder.path().resolve(name);
        Path errors = folder.path().resolve(name + "-errors.txt");
        List<String> command = JavaCommand.of(MODULE, MAIN, socket.toString(), "root=" + ROOT_ID);
        command.addAll(arguments);
        Hypervisor hypervisor = Hypervisor.start(socket, devices, console);
        try {
            Process process = folder.start(
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.to(errors.toFile())));
            process.getOutputStream().close();
            return new Guest(folder, hypervisor, console, process, errors);
        } catch (IOException | RuntimeException failure) {
            hypervisor.close();
            throw failure;
        }
    }

    long pid() {
        return process.pid();
    }

    /** Ends it as a power failure would. */
    void kill() {
        process.destroyForcibly();
    }

    /**
     * Calls back, on some thread, if it ends in another way than by powering off with code 0.
     *
     * @return is complete when it has ended
     */
    CompletableFuture<Void> onFailure(Runnable action) {
        return process.onExit().thenAccept(ended -> {
            if (ended.exitValue() != 0) {
                action.run();
            }
        });
    }

    /**
     * Waits for its end.
     *
     * @param what is checked, for people
     * @param code that it must power off with
     */
    Check awaitEnd(String what, int code) throws InterruptedException, IOException {
        if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException("the toy OS did not end within " + MOST_MINUTES + " minutes, and was killed");
        }
        folder.pauseIfEnding();
        int status = process.exitValue();
        boolean clean = status == code && hypervisor.powerOffCode().orElse(-1) == code;
        return new Check(what, clean ? "" : lastWords(status));
    }

    /** What the toy OS printed last, and what its JVM had to say: nothing unless it failed. */
    private String lastWords(int status) throws IOException {
        List<String> words = new ArrayList<>(List.of("it ended with status " + status + "; its last words:"));
        words.addAll(console.lastLines());
        words.addAll(Files.readAllLines(errors));
        return String.join("\n        ", words);
    }

    /** Ends it, if it has not ended. */
    @Override
    public void close() {
        process.destroyForcibly();
        hypervisor.close();
    }
}
