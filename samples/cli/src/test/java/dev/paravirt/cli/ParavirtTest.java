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
        CommandLine commandLine = Paravirt.commandLine();
        PrintWriter writer = new PrintWriter(output);
        return commandLine.setOut(writer).setErr(writer).execute(arguments);
    }
}
