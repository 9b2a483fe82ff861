// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** FAT as others wrote it: dosfstools and mtools. A test that finds them missing is skipped, or fails where they must be. */
final class Peers {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";
    private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    private Peers() {}

    /** Ends the calling test unless all tools are there. */
    static void require(String... tools) {
        for (String tool : tools) {
            if (find(tool) == null) {
                String remedy = tool + " is not installed; apt-get install dosfstools mtools";
                if ("true".equals(System.getenv(REQUIRED))) {
                    fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
                }
                abort(remedy);
            }
        }
    }

    /** Runs a tool, which must succeed; returns what it printed. */
    static String run(String tool, Object... arguments) throws IOException, InterruptedException {
        Outcome outcome = attempt(tool, arguments);
        assertThat(outcome.status())
                .as("%s %s%n%s", tool, Arrays.toString(arguments), outcome.output())
                .isZero();
        return outcome.output();
    }

    record Outcome(int status, String output) {}

    static Outcome attempt(String tool, Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(String.valueOf(find(tool))));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path output = Files.createTempFile("peer", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(new File("/dev/null"));
            builder.environment().put("LC_ALL", "C.UTF-8");
            builder.environment().put("MTOOLS_SKIP_CHECK", "1");
            builder.environment().put("TZ", "UTC");
            Process process = builder.start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                fail(command + " did not end within a minute");
            }
            return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    private static @Nullable String find(String tool) {
        List<String> folders = new ArrayList<>(List.of(System.getenv("PATH").split(File.pathSeparator)));
        folders.addAll(SYSTEM_FOLDERS);
        for (String folder : folders) {
            Path candidate = Path.of(folder, tool);
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        return null;
    }
}
