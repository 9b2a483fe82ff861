// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Linux as a process, with the stock drivers of virtio devices that it reaches over vhost-user. */
final class UserModeLinux implements Guest {
    static final int NET = 1;
    static final int BLOCK = 2;
    static final int CONSOLE = 3;

    /** When it waits for a device that does not answer, it hears no other signal than the last. */
    private static final String WATCHDOG_SECONDS = "140";

    private static final int POLL_MILLIS = 50;

    private final Process process;
    private final Path output;

    private UserModeLinux(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Where its modules lie. Skips the test if there is no User-Mode Linux. */
    static Path modules() throws IOException, InterruptedException {
        return DebianPackages.require("user-mode-linux").resolve("usr/lib/uml/modules");
    }

    /**
     * Boots it.
     *
     * @param folder where it writes what its kernel and its script print, and nothing else
     * @param devices sockets, and the device type that each leads to
     */
    static UserModeLinux boot(Path folder, GuestRoot root, Map<Path, Integer> devices)
            throws IOException, InterruptedException {
        List<String> described = new ArrayList<>(List.of("mem=128M"));
        devices.forEach((socket, type) -> described.add("virtio_uml.device=" + socket + ":" + type));
        return complete(folder, root, described);
    }

    /**
     * Boots it.
     *
     * @param described options that say which memory and which devices it has
     */
    static UserModeLinux complete(Path folder, GuestRoot root, List<String> described)
            throws IOException, InterruptedException {
        Path program = DebianPackages.require("user-mode-linux").resolve("usr/bin/linux.uml");
        List<String> command =
                new ArrayList<>(List.of("timeout", "--signal=KILL", WATCHDOG_SECONDS, program.toString()));
        command.addAll(described);
        command.addAll(List.of("root=/dev/root", "rootfstype=hostfs", "rootflags=" + root.folder(), "rw"));
        command.addAll(
                List.of("init=/init", "con=null", "con0=null,fd:1", "console=tty0", "panic=1", "uml_dir=" + folder));
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile());
        // Where its memory lies: in memory.
        builder.environment().put("TMPDIR", "/dev/shm");
        return new UserModeLinux(builder.start(), output);
    }

    @Override
    public String awaitEnd() throws IOException, InterruptedException {
        process.waitFor();
        return output();
    }

    @Override
    public String output() throws IOException {
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void await(String text) throws IOException, InterruptedException {
        while (!output().contains(text)) {
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException("the guest has ended and not printed \"" + text + "\": " + output());
            }
        }
    }

    /** The processes of its own processes end too: they are one group. */
    @Override
    public void close() throws IOException {
        for (ProcessHandle kernel : process.children().toList()) {
            new ProcessBuilder("sh", "-c", "kill -KILL -" + kernel.pid())
                    .start()
                    .onExit()
                    .join();
        }
        process.onExit().join();
    }
}
