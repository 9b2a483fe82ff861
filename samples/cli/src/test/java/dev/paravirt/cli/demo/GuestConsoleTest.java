// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestConsoleTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    @Test
    void linesAreReadInWhateverPiecesTheyCome() {
        GuestConsole console = console(false);
        byte[] text = """
                @toyos {"event":"file","path":"/\\u00e4 \\"b\\"","size":3,"sha256":"abc"}
                hello
                @toyos {"event":"command","line":"cat /x","status":1,"millis":0.125}
                """.getBytes(StandardCharsets.UTF_8);
        for (byte one : text) {
            console.print(new byte[] {one});
        }
        assertThat(console.files()).containsEntry("/\u00e4 \"b\"", new FileDigest(3, "abc"));
        assertThat(console.failures()).containsExactly("cat /x: exit status 1");
        assertThat(console.lastLines()).containsExactly("hello");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "@toyos {",
                "@toyos {}",
                "@toyos {\"event\"",
                "@toyos {\"event\":\"file\",\"path\":\"\\u12",
                "@toyos {\"event\":\"file\",\"path\":\"\\uzzzz\"}",
                "@toyos {\"event\":\"file\" \"path\":3}",
                "@toyos {\"event\":",
                "@toyos ["
            })
    void whatIsNoReportIsText(String line) {
        GuestConsole console = console(false);
        console.print((line + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(console.files()).isEmpty();
        assertThat(console.lastLines()).containsExactly(line);
    }

    @Test
    void aGuestCannotFillTheHostsMemoryOrTakeItsThread() {
        GuestConsole console = console(false);
        Random random = new Random(1);
        byte[] noise = new byte[100_000];
        for (int round = 0; round < 100; round++) {
            random.nextBytes(noise);
            console.print(noise);
        }
        assertThat(console.lastLines()).hasSizeLessThanOrEqualTo(40).allMatch(line -> line.length() <= 16 << 10);
    }

    @Test
    void elsewhereThanOnATerminalThereAreJustLines() {
        GuestConsole console = console(false);
        console.print("@toyos {\"event\":\"progress\",\"step\":1,\"steps\":4,\"what\":\"ls\"}\n"
                .getBytes(StandardCharsets.UTF_8));
        assertThat(shown.toString(StandardCharsets.UTF_8)).doesNotContain("\r").doesNotContain("\033");
    }

    @Test
    void onATerminalALineIsWrittenOverAndTakenAway() {
        Progress progress = progress(true);
        progress.at(50, "files: ls");
        progress.line("done");
        assertThat(shown.toString(StandardCharsets.UTF_8))
                .contains("[############............]  50%  files: ls")
                .endsWith("\r\033[Kdone" + System.lineSeparator());
    }

    private GuestConsole console(boolean terminal) {
        return new GuestConsole(progress(terminal));
    }

    private Progress progress(boolean terminal) {
        return new Progress(new PrintStream(shown, true, StandardCharsets.UTF_8), terminal);
    }
}
