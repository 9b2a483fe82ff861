// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.linux.ByteStream;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.PseudoTerminal;
import dev.paravirt.linux.Terminal;
import dev.paravirt.linux.WindowSize;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The user's terminal, which is the other side of a pseudo-terminal here: the test types and looks at the master. */
@Timeout(60)
class TerminalEndTest {
    @TempDir
    private Path folder;

    private final RecordingLine line = new RecordingLine();
    private final Semaphore left = new Semaphore(0);
    private final byte[] piece = new byte[4096];

    @SuppressWarnings("NullAway.Init")
    private PseudoTerminal pty;

    @SuppressWarnings("NullAway.Init")
    private ByteStream user;

    @BeforeEach
    void open() throws Exception {
        pty = PseudoTerminal.open();
        user = new ByteStream(pty.master());
        stty("sane");
        Terminal.of(pty.slave()).resize(new WindowSize(100, 40));
    }

    @AfterEach
    void close() {
        pty.close();
    }

    private String stty(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("stty", "-F", pty.path().toString()));
        command.addAll(List.of(words));
        Process stty = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(stty.waitFor()).as(said).isZero();
        return said;
    }

    private void type(String keys) throws IOException {
        byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
        Poll poll = new Poll(pty.master(), pty.master());
        int done = 0;
        while (done < bytes.length) {
            int written = user.write(bytes, done, bytes.length - done);
            done += written;
            if (written == 0) {
                poll.await(Poll.WRITABLE, 1_000_000);
            }
        }
    }

    /** Reads the screen until it shows something. */
    private String awaitScreen(String wanted) throws IOException {
        StringBuilder screen = new StringBuilder();
        Poll poll = new Poll(pty.master(), pty.master());
        while (screen.indexOf(wanted) < 0) {
            poll.await(-1);
            int length = user.read(piece, 0, piece.length);
            assertThat(length).as("the screen ended after " + screen).isNotNegative();
            screen.append(new String(piece, 0, length, StandardCharsets.ISO_8859_1));
        }
        return screen.toString();
    }

    private TerminalEnd attach() throws IOException {
        TerminalEnd end = TerminalEnd.on(pty.slave(), pty.slave(), left::release);
        end.attach(line);
        return end;
    }

    @Test
    void everyKeyPassesAtOnceAndTheTerminalIsAsBeforeAfterwards() throws Exception {
        String before = stty("-a");
        assertThat(before).contains("isig icanon").doesNotContain("-icanon");
        try (TerminalEnd end = attach()) {
            assertThat(end.isTerminal()).isTrue();
            assertThat(stty("-a")).contains("-icanon", "-isig", "-echo ").doesNotContain("-opost");
            type("a\r\u0003\u0004\u001a\u001b[A\u00e4");
            line.await(() -> line.text().equals("a\r\u0003\u0004\u001a\u001b[A\u00e4"));
            byte[] said = "line\nnext".getBytes(StandardCharsets.UTF_8);
            assertThat(end.write(said, 0, said.length)).isEqualTo(said.length);
            assertThat(awaitScreen("next")).isEqualTo("line\r\nnext");
            assertThat(line.size()).isEqualTo("100x40");
        }
        assertThat(stty("-a")).isEqualTo(before);
    }

    @Test
    void controlAIsTheEscape() throws Exception {
        try (TerminalEnd end = attach()) {
            type("\u0001\u0001\u0001a\u0001l");
            line.await(() -> line.length() == 4);
            assertThat(line.text()).isEqualTo("\u0001\u0001\u0001l");
            type("\u0001h");
            assertThat(awaitScreen("shows this")).contains(TerminalEnd.keys());
            assertThat(left.tryAcquire()).isFalse();
            type("\u0001x");
            left.acquire();
            assertThat(line.length()).isEqualTo(4);
            assertThat(end.isTerminal()).isTrue();
        }
    }

    @Test
    void leavingWorksWhileTheGuestTakesNothing() throws Exception {
        line.permit(3);
        try (TerminalEnd end = attach()) {
            int most = 64 << 10;
            type("x".repeat(most + 3));
            type("yy");
            awaitScreen("\u0007");
            type("\u0001x");
            left.acquire();
            line.permit(Integer.MAX_VALUE);
            end.inputWanted();
            line.await(() -> line.length() >= most);
            assertThat(line.text()).startsWith("x".repeat(most));
        }
    }

    @Test
    void aFileIsTypedAsItIsAndItsEndEndsNothing() throws Exception {
        byte[] bytes = new byte[1_000_000];
        new Random(1).nextBytes(bytes);
        Path script = Files.write(folder.resolve("script"), bytes);
        Path echo = folder.resolve("echo");
        Process child = new ProcessBuilder(java("echo", Integer.toString(bytes.length)))
                .redirectInput(script.toFile())
                .redirectOutput(echo.toFile())
                .start();
        try {
            assertThat(child.waitFor()).isZero();
        } finally {
            child.destroyForcibly();
        }
        assertThat(Files.readAllBytes(echo)).isEqualTo(bytes);
    }

    private static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                TerminalChild.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** On the module path the tests are patched into the module; a child takes them from the class path instead. */
    private static String classPath() {
        List<String> entries = new ArrayList<>();
        for (String property : List.of("java.class.path", "jdk.module.path")) {
            String value = System.getProperty(property, "");
            if (!value.isEmpty()) {
                entries.add(value);
            }
        }
        Path classes = location(TerminalEnd.class);
        entries.add(classes.toString());
        entries.add(classes.resolveSibling("test-classes").toString());
        return String.join(File.pathSeparator, entries);
    }

    private static Path location(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A process whose controlling terminal is ours, as a shell would start it. */
    private Process child() throws IOException {
        List<String> command = new ArrayList<>(List.of("setsid", "--ctty", "--wait"));
        command.addAll(java());
        return new ProcessBuilder(command)
                .redirectInput(pty.path().toFile())
                .redirectOutput(pty.path().toFile())
                .redirectError(pty.path().toFile())
                .start();
    }

    private long awaitPid() throws IOException {
        String hello = awaitScreen("\n");
        return Long.parseLong(hello.substring(hello.indexOf("pid ") + 4).strip());
    }

    @Test
    void aRealTerminalIsFollowedAndRestoredAfterSigterm() throws Exception {
        String before = stty("-a");
        Process child = child();
        try {
            long pid = awaitPid();
            assertThat(stty("-a")).contains("-icanon");
            type("s");
            assertThat(awaitScreen("\n")).contains("size 100x40");
            Terminal.of(pty.master()).resize(new WindowSize(132, 50));
            assertThat(awaitScreen("\n")).contains("size 132x50");
            Terminal.of(pty.master()).resize(new WindowSize(100, 40));
            assertThat(awaitScreen("\n")).contains("size 100x40");
            ProcessHandle.of(pid).orElseThrow().destroy();
            assertThat(child.waitFor()).isNotZero();
        } finally {
            child.destroyForcibly();
        }
        assertThat(stty("-a")).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0001x", "q"})
    void aRealTerminalIsRestoredWhenTheUserLeaves(String keys) throws Exception {
        String before = stty("-a");
        Process child = child();
        try {
            awaitPid();
            type(keys);
            assertThat(child.waitFor()).isZero();
        } finally {
            child.destroyForcibly();
        }
        assertThat(stty("-a")).isEqualTo(before);
    }
}
