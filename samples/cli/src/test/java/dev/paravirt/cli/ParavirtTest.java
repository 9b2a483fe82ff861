// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.wire.Wire;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ParavirtTest {
    private final StringWriter output = new StringWriter();

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
    @Test
    void printsCapabilities() {
        assertThat(execute("blk", "--print-capabilities", "--blk-file", "/no/such/file"))
                .isZero();
        assertThat(output.toString().replaceAll("\\s", ""))
                .isEqualTo("{\"type\":\"block\",\"features\":[\"read-only\",\"blk-file\"]}");
    }

    @Test
    void aDeviceThatCannotBeServedSaysWhy() {
        assertThat(execute("blk", "--blk-file", "/no/such/file")).isEqualTo(2);
        assertThat(execute("blk", "--socket-path", "/tmp/s")).isEqualTo(2);
        assertThat(output.toString()).contains("which image?");
        assertThat(execute("blk", "--socket-path", "/tmp/s", "--fd", "3")).isEqualTo(2);
        assertThat(execute("blk", "--socket-path", "/no/s", "--blk-file", "/no/such/file"))
                .isEqualTo(1);
        assertThat(output.toString()).contains("there is no disk image /no/such/file");
        assertThat(execute("net", "--socket-path", "/no/s", "--net", "nonsense"))
                .isEqualTo(2);
        assertThat(execute("console", "--socket-path", "/no/s", "--console", "nonsense"))
                .isEqualTo(2);
        assertThat(output.toString()).contains("no console: \"nonsense\"");
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
        PrintWriter writer = new PrintWriter(output);
        return commandLine.setOut(writer).setErr(writer).execute(arguments);
    }
}
