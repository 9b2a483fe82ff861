// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A console on a pseudo-terminal, which is opened as any program opens one: by its path. */
@Timeout(60)
class PseudoTerminalEndTest {
    private static final int BYTES = 1 << 20;

    private final RecordingLine line = new RecordingLine();

    @TempDir
    private Path folder;

    private static byte[] random() {
        byte[] bytes = new byte[BYTES];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @Test
    void bytesOfEveryValueGoBothWays() throws Exception {
        byte[] bytes = random();
        try (PseudoTerminalEnd end = new PseudoTerminalEnd(Duration.ofSeconds(60))) {
            end.attach(line);
            try (InputStream reader = Files.newInputStream(end.path());
                    OutputStream writer = Files.newOutputStream(end.path())) {
                Thread port = Thread.ofPlatform().start(() -> line.writeAll(end, bytes));
                assertThat(reader.readNBytes(BYTES)).isEqualTo(bytes);
                port.join();
                line.permit(1000);
                Thread user = Thread.ofPlatform().start(() -> write(writer, bytes));
                line.await(() -> line.length() == 1000);
                line.permit(Integer.MAX_VALUE);
                end.inputWanted();
                line.await(() -> line.length() == BYTES);
                user.join();
            }
            assertThat(line.bytes()).isEqualTo(bytes);
            assertThat(end.dropped()).isZero();
        }
    }

    private static void write(OutputStream writer, byte[] bytes) {
        try {
            writer.write(bytes);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void readersComeAndGoAndMissNothing() throws Exception {
        byte[] bytes = random();
        try (PseudoTerminalEnd end = new PseudoTerminalEnd(Duration.ofSeconds(60))) {
            end.attach(line);
            Thread port = Thread.ofPlatform().start(() -> line.writeAll(end, bytes));
            int half = BYTES / 2;
            try (InputStream first = Files.newInputStream(end.path())) {
                assertThat(first.readNBytes(half)).isEqualTo(Arrays.copyOf(bytes, half));
            }
            try (InputStream second = Files.newInputStream(end.path())) {
                assertThat(second.readNBytes(half)).isEqualTo(Arrays.copyOfRange(bytes, half, BYTES));
            }
            port.join();
        }
    }

    @Test
    void withoutPatienceAnAbsentReaderHoldsNothingUpAndLosesNoFirstWords() throws Exception {
        byte[] bytes = random();
        try (PseudoTerminalEnd end = new PseudoTerminalEnd(Duration.ofMillis(20))) {
            end.attach(line);
            line.writeAll(end, bytes);
            int kept = BYTES - (int) end.dropped();
            assertThat(kept).isBetween(64 << 10, 256 << 10);
            try (InputStream late = Files.newInputStream(end.path())) {
                assertThat(late.readNBytes(kept)).isEqualTo(Arrays.copyOf(bytes, kept));
            }
        }
    }

    @Test
    void whatWasTakenIsDeliveredBeforeTheEnd() throws Exception {
        byte[] bytes = Arrays.copyOf(random(), 64 << 10);
        PseudoTerminalEnd end = new PseudoTerminalEnd(Duration.ofSeconds(60));
        end.attach(line);
        AtomicReference<byte[]> seen = new AtomicReference<>(new byte[0]);
        try (InputStream reader = Files.newInputStream(end.path())) {
            line.writeAll(end, bytes);
            Thread user = Thread.ofPlatform().start(() -> {
                try {
                    seen.set(reader.readNBytes(bytes.length));
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
            end.close();
            user.join();
        }
        assertThat(seen.get()).isEqualTo(bytes);
    }

    @Test
    void catReadsWhatTheGuestSays() throws Exception {
        Path copy = folder.resolve("copy");
        byte[] words = "from the guest\n".getBytes(StandardCharsets.UTF_8);
        try (PseudoTerminalEnd end = new PseudoTerminalEnd(Duration.ofSeconds(60))) {
            end.attach(line);
            Process head = new ProcessBuilder("head", "-n", "1", end.path().toString())
                    .redirectOutput(copy.toFile())
                    .start();
            line.writeAll(end, words);
            assertThat(head.waitFor()).isZero();
        }
        assertThat(Files.readAllBytes(copy)).isEqualTo(words);
    }
}
