// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.compare.workload.Family;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.compare.workload.Workloads;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The options of the command, and what it prints and writes. */
class CompareCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream systemOut = System.out;
    private final PrintStream systemErr = System.err;

    @TempDir
    private Path folder;

    @BeforeEach
    void listen() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void stopListening() {
        System.setOut(systemOut);
        System.setErr(systemErr);
    }

    private static int compare(String... arguments) {
        return new CommandLine(new CompareCommand()).execute(arguments);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                --rounds 2                    | --rounds takes 3 to 1000, not 2
                --rounds 0                    | --rounds takes 3 to 1000, not 0
                --rounds 1001                 | --rounds takes 3 to 1000, not 1001
                --turn 0                      | --turn takes 1 to 60000, not 0
                --turn 60001                  | --turn takes 1 to 60000, not 60001
                --turn soon                   | 'soon' is not an int
                --carrier pigeon              | --carrier takes process or thread, not pigeon
                --workload net,tape           | there is no workload "tape"; there are exit, block-random-512,
                --workload block-random-4     | there is no workload "block-random-4"
                --workload=                   | there is no workload ""
                --cost --json x.json          | --cost writes no files
                """)
    void whatIsNotUsableIsSaid(String arguments, String message) {
        assertThat(compare(arguments.split(" +"))).isEqualTo(2);
        assertThat(errors.toString(StandardCharsets.UTF_8)).contains(message);
    }

    @Test
    void workloadsAreListed() {
        assertThat(compare("--list")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .hasSize(Workloads.all().size());
        out.reset();
        assertThat(compare("--list", "--workload", "console,block-random-4k,console-keys"))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).lines().map(line -> line.split(" ")[0]))
                .containsExactly("block-random-4k", "console-bulk", "console-keys");
    }

    @Test
    void aQuickComparisonHasEveryFamily() {
        assertThat(Workloads.quick()).extracting(Workload::family).contains(Family.values());
    }

    @Test
    void filesAreWritten() throws Exception {
        Path html = folder.resolve("a.html");
        Path json = folder.resolve("a.json");
        Path csv = folder.resolve("a.csv");
        assertThat(compare(
                        "--workload=console-keys",
                        "--carrier=thread",
                        "--rounds=3",
                        "--turn=2",
                        "--html=" + html,
                        "--json=" + json,
                        "--csv=" + csv))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("console-keys: keystrokes that are echoed (carrier: thread)")
                .doesNotContain("block-");
        assertThat(html).content().contains("</html>");
        assertThat(json).content().contains("\"workload\": \"console-keys\"");
        assertThat(Files.readAllLines(csv)).hasSize(1 + 4 * 3);
    }

    @Test
    void theCostOfInstrumentationIsMeasured() {
        assertThat(compare("--cost", "--workload=console", "--carrier=thread", "--rounds=3", "--turn=2"))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("3 pairs of turns each (carrier: thread)")
                .containsPattern("console-bulk +trapped +1 ")
                .contains("the median of all 24 pairs: ");
    }
}
