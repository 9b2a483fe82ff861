// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A program of the host's, run to its end. */
public final class Command {
    private static final String LONGEST_SECONDS = "240";
    private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/sbin");

    private Command() {}

    record Result(String command, int status, String output) {
        Result expectSuccess() throws IOException {
            if (status != 0) {
                throw new IOException(command + " ended with status " + status + ": " + output);
            }
            return this;
        }
    }

    /** Where a program is, which need not be in everybody's path. */
    public static String path(String program) {
        return Stream.concat(Stream.of(System.getenv("PATH").split(File.pathSeparator)), SYSTEM_FOLDERS.stream())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("");
    }

    static boolean isThere(String program) {
        return !path(program).isEmpty();
    }

    /** Skips or fails the test if a program is missing. */
    public static void require(String program, String debianPackage) {
        if (!isThere(program)) {
            DebianPackages.missing(program, "apt-get install " + debianPackage);
        }
    }

    /** Runs a program, with a watchdog; both its outputs are one. */
    static Result run(Path folder, String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.concat(
                        Stream.of("timeout", LONGEST_SECONDS, path(program).isEmpty() ? program : path(program)),
                        Stream.of(arguments))
                .toList();
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(program + " " + String.join(" ", arguments), process.waitFor(), output);
    }
}
