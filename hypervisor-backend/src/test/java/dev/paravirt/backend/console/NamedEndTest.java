// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code --console} takes. */
@Timeout(60)
class NamedEndTest {
    @TempDir
    private Path folder;

    private static void nobodyLeaves() {
        throw new AssertionError("nobody asked to leave");
    }

    @ParameterizedTest
    @CsvSource({
        "stdio, TerminalEnd, the console is here.*",
        "pty, PseudoTerminalEnd, the console is on /dev/pts/[0-9]+",
        "unix=FOLDER/s, SocketEnd, the console is on the socket FOLDER/s",
        "tcp=127.0.0.1:0, SocketEnd, the console is on tcp /127.0.0.1:[0-9]+",
        "tcp=[::1]:0, SocketEnd, the console is on tcp /.*:[0-9]+",
        "tcp=localhost:0, SocketEnd, the console is on tcp .*:[0-9]+",
        "tcp=:0, SocketEnd, the console is on tcp .*:[0-9]+",
        "file=FOLDER/log, StreamEnd, the console is written to FOLDER/log",
        "file=FOLDER/a=b, StreamEnd, the console is written to FOLDER/a=b"
    })
    void anEndIsOpenedAndDescribed(String option, String type, String description) throws Exception {
        NamedEnd named = NamedEnd.open(option.replace("FOLDER", folder.toString()), NamedEndTest::nobodyLeaves);
        try (ConsoleEnd end = named.end()) {
            assertThat(end.getClass().getSimpleName()).isEqualTo(type);
            assertThat(named.description()).matches(description.replace("FOLDER", folder.toString()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', it is one of",
        "stdoi, it is one of",
        "stdio=1, it is one of",
        "pty=, it is one of",
        "unix, it is one of",
        "unix=, it is one of",
        "tcp=, it is one of",
        "file=, it is one of",
        "=x, it is one of",
        "tcp=localhost, lacks its port",
        "tcp=localhost:, 0 to 65535",
        "tcp=localhost:65536, 0 to 65535",
        "tcp=localhost:-1, 0 to 65535",
        "tcp=localhost:http, 0 to 65535",
        "tcp=::1:80, in brackets"
    })
    void whatIsNoneIsExplained(String option, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NamedEnd.open(option, NamedEndTest::nobodyLeaves))
                .withMessageContaining(message);
    }

    @Test
    void anOptionIsNotCommandsToTheTerminal() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NamedEnd.open("\u001b[2Jpty\u202e", NamedEndTest::nobodyLeaves))
                .withMessageContaining("\\u{1b}[2Jpty\\u{202e}");
    }

    @Test
    void whatCannotBeOpenedSaysSo() {
        assertThatIOException()
                .isThrownBy(() -> NamedEnd.open("file=" + folder + "/none/log", NamedEndTest::nobodyLeaves));
        assertThatIOException()
                .isThrownBy(() -> NamedEnd.open("unix=" + folder + "/none/socket", NamedEndTest::nobodyLeaves));
    }
}
