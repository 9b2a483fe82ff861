// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A program of the host's, such as mkfs.vfat, that is used where it is installed. */
public record Tool(String name, Path program) {
    private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");
    private static final long MOST_SECONDS = 300;

    /** What a tool printed, errors among it, and its exit status. */
    public record Outcome(int status, String output) {
        /** One line that says what went wrong. */
        String complaint() {
            return output.lines().filter(line -> !line.isBlank()).findFirst().orElse("exit status " + status);
        }
    }

    /** Looks for it where this process looks for programs, and where those for file systems are. */
    public static Optional<Tool> find(String name) {
        List<String> folders =
                new ArrayList<>(List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)));
        // Where tools for file systems are, which ordinary users often do not have in their path.
        folders.addAll(SYSTEM_FOLDERS);
        return folders.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(program -> new Tool(name, program));
    }

    /** @throws IOException if it fails; the message says what it printed */
    void run(Object... arguments) throws IOException, InterruptedException {
        Outcome outcome = attempt(arguments);
        if (outcome.status() != 0) {
            throw new IOException(name + " failed: " + outcome.complaint());
        }
    }

    public Outcome attempt(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("MTOOLS_SKIP_CHECK", "1"); // mtools mistrusts what is small, such as our images
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(name + " did not end within " + MOST_SECONDS + " seconds");
        }
        return new Outcome(process.exitValue(), output);
    }
}
