// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Network programs that nobody here wrote. A test that finds them missing is skipped, or fails where they must be. */
public final class WireTools {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";
    private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/sbin");

    private WireTools() {}

    /** Ends the calling test unless a program is there. */
    public static void require(String program, String debianPackage) {
        List<String> folders = new ArrayList<>(List.of(System.getenv("PATH").split(File.pathSeparator)));
        folders.addAll(SYSTEM_FOLDERS);
        if (folders.stream().noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
            missing(program + " is not installed; apt-get install " + debianPackage);
        }
    }

    /** Ends the calling test, which is a failure where nothing may be missing. */
    public static void missing(String remedy) {
        if ("true".equals(System.getenv(REQUIRED))) {
            fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
        }
        abort(remedy);
    }

    public record Outcome(int status, String output) {}

    /** Runs a program, which must succeed; returns what it printed. */
    public static String run(String... command) throws IOException, InterruptedException {
        Outcome outcome = attempt(command);
        assertThat(outcome.status)
                .as("%s%n%s", String.join(" ", command), outcome.output)
                .isZero();
        return outcome.output;
    }

    public static Outcome attempt(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .start();
        boolean ended = false;
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            ended = process.waitFor(60, TimeUnit.SECONDS);
            return new Outcome(ended ? process.exitValue() : -1, output);
        } finally {
            if (!ended) {
                process.destroyForcibly();
            }
        }
    }
}
