// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.wire.Wire;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ParavirtTest {
    private final StringWriter output = new StringWriter();
    private final StringWriter errors = new StringWriter();

    @Test
    void withoutACommandItSaysWhichThereAre() {
        assertThat(execute()).isZero();
        assertThat(output.toString()).contains("paravirt demo --help");
    }

    @Test
    void helpGivesExamplesAndExitStatuses() {
        assertThat(execute("demo", "--help")).isZero();
        assertThat(output.toString())
                .contains("samples/paravirt demo --json result.json")
                .contains("--disk disk.img")
                .contains("Exit status:")
                .contains("130");
    }

    @Test
    void aWrongOptionIsAUsageError() {
        assertThat(execute("demo", "--dsik", "x")).isEqualTo(2);
        assertThat(execute("demo", "--disk", "a", "--keep", "b")).isEqualTo(2);
        assertThat(execute("demo", "--disk", "/no/such/file")).isEqualTo(2);
    }

    @Test
    void servingADeviceIsExplainedForEveryMonitor() {
        for (String device : new String[] {"blk", "net", "console"}) {
            assertThat(execute(device, "--help")).isZero();
            assertThat(output.toString())
                    .contains("samples/paravirt " + device + " --socket-path")
                    .contains("virtio_uml.device=");
        }
        assertThat(output.toString())
                .contains(
                        "<disk type='vhostuser'",
                        "qemu-system-x86_64",
                        "cloud-hypervisor",
                        "udp=HOST:PORT",
                        ",loss=1%");
    }

    /** As QEMU's conventions for backend programs have it: whatever else is on the command line. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            blk --blk-file /no/such/file --num-queues 0        | {"type":"block","features":["read-only","blk-file"]}
            blk --fd 99 --read-only                            | {"type":"block","features":["read-only","blk-file"]}
            net --socket-path /no/such/folder/s --net nonsense | {"type":"net"}
            console                                            | {"type":"console"}
            """)
    void printsCapabilities(String command, String expected) {
        String[] arguments = (command + " --print-capabilities").split(" ");
        assertThat(execute(arguments)).isZero();
        assertThat(output.toString().replaceAll("\\s", "")).isEqualTo(expected);
        assertThat(errors.toString()).isEmpty();
    }

    @Test
    void anImageIsNeitherMadeNorMadeToFit(@TempDir Path folder) throws IOException {
        String socket = folder.resolve("s").toString();
        Path image = folder.resolve("image");
        assertThat(execute("blk", "--socket-path", socket, "--blk-file", image.toString()))
                .isEqualTo(1);
        assertThat(errors.toString()).contains("there is no disk image " + image);
        for (int size : new int[] {0, 1, 513}) {
            Files.write(image, new byte[size]);
            assertThat(execute("blk", "--socket-path", socket, "--blk-file", image.toString()))
                    .isEqualTo(1);
            assertThat(image).hasSize(size);
        }
        Files.write(image, new byte[512]);
        for (String queues : new String[] {"0", "1025"}) {
            assertThat(execute("blk", "--socket-path", socket, "--blk-file", image.toString(), "--num-queues", queues))
                    .isEqualTo(2);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(image);
        }
    }

    @Test
    void aDeviceThatCannotBeServedSaysWhy() {
        assertThat(execute("blk", "--blk-file", "/no/such/file")).isEqualTo(2);
        assertThat(execute("blk", "--socket-path", "/tmp/s")).isEqualTo(2);
        assertThat(errors.toString()).contains("which image?");
        assertThat(execute("blk", "--socket-path", "/tmp/s", "--fd", "3")).isEqualTo(2);
        assertThat(execute("blk", "--socket-path", "/no/s", "--blk-file", "/no/such/file"))
                .isEqualTo(1);
        assertThat(errors.toString()).contains("there is no disk image /no/such/file");
        assertThat(execute("net", "--socket-path", "/no/s", "--net", "nonsense"))
                .isEqualTo(2);
        assertThat(execute("console", "--socket-path", "/no/s", "--console", "nonsense"))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("no console: \"nonsense\"");
    }

    @Test
    void theToyOsTellsHowItIsUsed() {
        assertThat(execute("toy-os", "--help")).isZero();
        assertThat(output.toString())
                .contains("samples/paravirt toy-os --disk disk.img")
                .contains("Exit status:")
                .contains(Wire.SYNTAX.lines().skip(1).findFirst().orElseThrow())
                .contains("loss=1%,");
        assertThat(execute("toy-os", "--memory", "1M")).isEqualTo(2);
        assertThat(execute("toy-os", "--memory", "lots")).isEqualTo(2);
        assertThat(execute("toy-os", "--net", "carrier-pigeon")).isEqualTo(2);
        assertThat(execute("toy-os", "--console", "teletype", "--net", "none")).isEqualTo(2);
        assertThat(execute("toy-os", "--read-only")).isEqualTo(2);
    }

    @Test
    void theComparisonTellsHowItIsUsed() {
        assertThat(execute("compare", "--help")).isZero();
        assertThat(output.toString())
                .contains("samples/paravirt compare --quick")
                .contains("Exit status:");
        assertThat(execute("compare", "--rounds", "2")).isEqualTo(2);
        assertThat(execute("compare", "--turn", "60001")).isEqualTo(2);
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Paravirt.commandLine(arguments);
        return commandLine
                .setOut(new PrintWriter(output))
                .setErr(new PrintWriter(errors))
                .execute(arguments);
    }
}
