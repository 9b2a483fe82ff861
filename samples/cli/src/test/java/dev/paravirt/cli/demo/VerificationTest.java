// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check that could not fail would prove nothing: here each of them does. */
class VerificationTest {
    private static final FileScript SCRIPT = FileScript.create("/paravirt-demo", 1, 10_000, false);

    private final GuestConsole console = new GuestConsole(
            new Progress(new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8), false));
    private DemoImage image = new DemoImage(Path.of(""), "", new java.util.TreeMap<>(), "");

    @TempDir
    private Path folder;

    @BeforeEach
    void anImage() throws Exception {
        image = DemoImage.make(folder.resolve("demo.img"), folder, 1);
    }

    @Test
    void aGuestThatDidNothingIsFoundOut() throws Exception {
        assertThat(problems()).contains("/paravirt-demo/size-1.bin is missing").contains("files differ or are missing");
    }

    @Test
    void aFileThatIsLeftOverIsFound() throws Exception {
        try (HostVolume volume = HostVolume.openForWriting(image.file())) {
            volume.write("/stray", new byte[10]);
        }
        assertThat(problems()).contains("/stray should not be there");
    }

    @Test
    void aFileOfTheUsersThatChangedIsFound() throws Exception {
        DemoImage before = image;
        before.before().put("/README.TXT", FileDigest.of(new byte[45]));
        assertThat(problems()).contains("/README.TXT has other content");
    }

    @Test
    void aChecksumThatTheGuestGotWrongIsFound() {
        SCRIPT.expected().forEach((path, digest) -> report(path, digest.size(), digest.sha256()));
        assertThat(guestCheck().holds()).isTrue();
        report("/paravirt-demo/size-1.bin", 1, "00");
        assertThat(guestCheck().problem()).contains("1 files differ");
    }

    private Check guestCheck() {
        try {
            return new Verification(image, SCRIPT, console, folder).checks().getFirst();
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private void report(String path, long size, String sha256) {
        String line = "@toyos {\"event\":\"file\",\"path\":\"" + path + "\",\"size\":" + size + ",\"sha256\":\""
                + sha256 + "\"}\n";
        console.print(line.getBytes(StandardCharsets.UTF_8));
    }

    private String problems() throws Exception {
        List<Check> checks = new Verification(image, SCRIPT, console, folder).checks();
        return String.join("\n", checks.stream().map(Check::problem).toList());
    }
}
