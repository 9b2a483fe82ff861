// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsolePartTest {
    @Test
    void aSessionAtTheConsoleOfAToyOs() throws Exception {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        ConsolePart part = new ConsolePart(
                new DemoSettings(null, null, null, 3, true),
                new Progress(new PrintStream(shown, true, StandardCharsets.UTF_8), false));
        List<Check> checks;
        try (WorkFolder folder = WorkFolder.create()) {
            checks = part.run(folder);
        }
        assertThat(checks).hasSizeGreaterThan(10).allMatch(Check::holds);
        assertThat(part.throughput()).hasSize(2).allMatch(row -> row.megabytesPerSecond() > 0 && row.units() > 0);
        assertThat(shown.toString(StandardCharsets.UTF_8)).contains("commands typed");
    }
}
