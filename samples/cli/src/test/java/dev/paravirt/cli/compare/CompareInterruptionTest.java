// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.demo.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line in a process of its own, interrupted. */
class CompareInterruptionTest {
    @TempDir
    private Path folder;

    @Test
    void controlCWritesWhatWasMeasured() throws Exception {
        Path csv = folder.resolve("rounds.csv");
        Process process = start(
                "--workload", "block-random-4k,console", "--rounds", "1000", "--turn", "10", "--csv", csv.toString());
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            awaitRound(output, 3);
            List<ProcessHandle> hypervisors = process.children().toList();
            assertThat(hypervisors).hasSize(MachineKind.values().length);
            interrupt(Stream.concat(Stream.of(process.toHandle()), hypervisors.stream()));
            List<String> rest = output.lines().toList();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(rest).anyMatch(line -> line.startsWith("trapped, by strings"));
            assertThat(rest).anyMatch(line -> line.matches("stopped after \\d+ of 1000 rounds"));
            assertThat(process.exitValue()).isEqualTo(130);
            for (ProcessHandle hypervisor : hypervisors) {
                assertThat(hypervisor.onExit().get(1, TimeUnit.MINUTES).isAlive())
                        .isFalse();
            }
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(csv))
                .contains("process,block-random-4k,\"hypercall, polling\",32,2,")
                .contains("process,console-keys,\"hypercall, polling\",1,2,");
    }

    /** A child of a shell's background job ignores interrupts, unless told otherwise. */
    private static Process start(String... options) throws IOException {
        List<String> command = JavaCommand.of("dev.paravirt.cli", Paravirt.class.getName(), "compare");
        command.add(1, "-Dparavirt.terminal=true");
        command.addAll(0, List.of("env", "--default-signal=INT"));
        command.addAll(List.of(options));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Its progress is on one line of a terminal, which is written over again and again. */
    private static void awaitRound(BufferedReader output, int round) throws IOException {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("round " + round + " ") < 0) {
            int character = output.read();
            assertThat(character).as("what it printed: %s", seen).isNotNegative();
            seen.append((char) character);
        }
    }

    /** As a terminal does, which means all who are there. */
    private static void interrupt(Stream<ProcessHandle> processes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-INT"));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }
}
