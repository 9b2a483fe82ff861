// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line in a process of its own, ended at an unfortunate moment. */
class InterruptionTest {
    private static final Pattern GUEST = Pattern.compile("toy OS +process (\\d+)");

    private static final int SIGINT = 2;

    @TempDir
    private Path folder;

    @Test
    void controlCLeavesNothing() throws Exception {
        try (Running demo = start()) {
            ProcessHandle guest = demo.awaitGuest();
            demo.signal("INT");
            assertThat(demo.exitStatus()).isEqualTo(130);
            assertThat(demo.rest()).contains("interrupted");
            awaitEnd(guest);
        }
        assertThat(leftOver()).isEmpty();
    }

    @Test
    void aHypervisorThatIsKilledTakesItsGuestAlong() throws Exception {
        try (Running demo = start()) {
            ProcessHandle guest = demo.awaitGuest();
            demo.signal("KILL");
            assertThat(demo.exitStatus()).isEqualTo(137);
            awaitEnd(guest);
        }
    }

    @Test
    void aGuestThatIsKilledIsAFailedCheck() throws Exception {
        try (Running demo = start()) {
            ProcessHandle guest = demo.awaitGuest();
            guest.destroyForcibly();
            assertThat(demo.exitStatus()).isEqualTo(1);
            assertThat(demo.rest()).contains("FAILED  the toy OS powered off cleanly");
        }
        assertThat(leftOver()).isEmpty();
    }

    private static void awaitEnd(ProcessHandle process) throws Exception {
        assertThat(process.onExit().get(60, TimeUnit.SECONDS).isAlive()).isFalse();
    }

    private List<Path> leftOver() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** Its temporary files go into our folder, so that what is left over shows. */
    private Running start() throws IOException {
        List<String> command = JavaCommand.of("dev.paravirt.cli", Paravirt.class.getName(), "demo");
        command.add(1, "-Djava.io.tmpdir=" + folder);
        if (ignoresInterrupts()) {
            // So does every child, unless told otherwise: a shell starts its background jobs this way.
            command.addAll(0, List.of("env", "--default-signal=INT"));
        }
        return new Running(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private static boolean ignoresInterrupts() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("SigIgn:"))
                    .map(line -> line.substring("SigIgn:".length()).strip())
                    .anyMatch(mask -> (Long.parseUnsignedLong(mask, 16) & 1L << SIGINT - 1) != 0);
        }
    }

    private record Running(Process process, BufferedReader output) implements AutoCloseable {
        Running(Process process) {
            this(process, new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        }

        ProcessHandle awaitGuest() throws IOException {
            StringBuilder seen = new StringBuilder();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                Matcher guest = GUEST.matcher(line);
                if (guest.find()) {
                    return ProcessHandle.of(Long.parseLong(guest.group(1))).orElseThrow();
                }
                seen.append(line).append('\n');
            }
            throw new AssertionError("no guest was started:\n" + seen);
        }

        void signal(String name) throws IOException, InterruptedException {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            assertThat(kill.waitFor()).isZero();
        }

        int exitStatus() throws InterruptedException {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            return process.exitValue();
        }

        String rest() throws IOException {
            StringBuilder rest = new StringBuilder();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                rest.append(line).append('\n');
            }
            return rest.toString();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            output.close();
        }
    }
}
