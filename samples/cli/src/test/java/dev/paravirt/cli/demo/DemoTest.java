// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.blk.BlockImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole demo, with a guest in a process of its own, on small files and for a short time. */
class DemoTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void itMakesAnImageAndVerifiesIt() throws Exception {
        Path json = folder.resolve("result.json");
        Path keep = folder.resolve("kept.img");
        boolean passed = run(new DemoSettings(null, keep, json, 7, true));
        assertThat(passed).as(text()).isTrue();
        String result = Files.readString(json);
        assertThat(result).contains("\"passed\": true").doesNotContain("\"held\": false");
        assertThat(matches(result, "\"operation\": ")).isEqualTo(12);
        assertThat(matches(result, "\"errors\": 0,")).isEqualTo(12);
        assertThat(matches(result, "\"p999Micros\": [0-9.]*[1-9]")).isEqualTo(12);
        assertThat(matches(result, "\"held\": true")).isGreaterThanOrEqualTo(25);
        assertThat(matches(result, "\"device\": \"block\",")).isEqualTo(1);
        assertThat(matches(result, "\"device\": \"network\",")).isEqualTo(2);
        assertThat(matches(result, "\"device\": \"console\",")).isEqualTo(2);
        assertThat(matches(result, "\"unit\": \"[a-z]+\",\\s+\"units\": [1-9]")).isEqualTo(5);
        assertThat(text())
                .contains("all held")
                .contains("random-write")
                .containsPattern("console +toy OS process \\d+: \\d+ commands typed")
                .containsPattern("network +toy OS processes \\d+ and \\d+ on a switch")
                .containsPattern("ok +console: Ctrl-C ends the program that runs, and not the machine")
                .containsPattern("ok +network: 8 files .* fetched by HTTP have the checksums");
        assertThat(keep).hasSize(64L << 20);
        try (HostVolume volume = HostVolume.openForReading(keep)) {
            assertThat(volume.files()).containsKey("/README.TXT").containsKey("/paravirt-demo/size-4097.bin");
        }
    }

    @Test
    void whatIsInAUsersImageStays() throws Exception {
        Path mine = Files.writeString(folder.resolve("mine.txt"), "do not touch this\n".repeat(5000));
        Path image = Peers.image(folder, mine);
        assertThat(run(new DemoSettings(image, null, null, 1, true))).as(text()).isTrue();
        // That each demo has a directory of its own is seen without all of another.
        DemoSettings another = new DemoSettings(image, null, null, 2, true);
        try (WorkFolder work = WorkFolder.create()) {
            DemoImage taken = DemoImage.take(image, another.mostFileBytes());
            assertThat(new FilesPart(another, progress(), taken).run(work)).allMatch(Check::holds);
        }
        Path back = folder.resolve("back.txt");
        Peers.require("mcopy").run("-i", image, "::/A file of mine.txt", back);
        assertThat(back).hasSameBinaryContentAs(mine);
        assertThat(Peers.require("mcopy")
                        .attempt("-i", image, "::/paravirt-demo-2/size-1.bin", back.resolveSibling("1"))
                        .status())
                .as("each demo has a directory of its own")
                .isZero();
    }

    @Test
    void aDiskThatIsNoneIsRefusedInWords() throws Exception {
        Path empty = folder.resolve("empty.img");
        try (RandomAccessFile file = new RandomAccessFile(empty.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        assertRefused(() -> run(disk(folder.resolve("missing.img"))), "there is no such file");
        assertRefused(() -> run(disk(folder)), "this is no file");
        assertRefused(() -> run(disk(empty)), "no FAT32 file system here");
        assertThat(folder).as("nothing is left behind").isDirectoryNotContaining(path -> !path.equals(empty));
    }

    @Test
    void aDamagedVolumeIsRefused() throws Exception {
        Path image = DemoImage.make(folder.resolve("damaged.img"), folder, 1).file();
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            // Each chain in the table of 32 reserved sectors on now leads to a cluster that does not exist.
            for (int entry = 3; entry < 600; entry++) {
                file.seek(32 * 512 + entry * 4L);
                file.write(new byte[] {(byte) 0xF0, (byte) 0xFF, (byte) 0xFF, 0x0B});
            }
        }
        assertRefused(() -> run(disk(image)), "damaged");
    }

    @Test
    void aVolumeWithoutRoomIsRefused() throws Exception {
        Path image = DemoImage.make(folder.resolve("full.img"), folder, 1).file();
        try (HostVolume volume = HostVolume.openForWriting(image)) {
            volume.write("/filler", new byte[(int) volume.freeBytes() - 100_000]);
        }
        assertRefused(() -> run(disk(image)), "are free, but the demo needs");
    }

    @Test
    void anImageThatIsServedAlreadyIsRefused() throws Exception {
        Path image = DemoImage.make(folder.resolve("busy.img"), folder, 1).file();
        try (BlockImage held = BlockImage.open(image, false)) {
            assertThat(held.size()).isPositive();
            assertRefused(() -> run(disk(image)), image.toString());
        }
    }

    @Test
    void anImageThatExistsIsNotOverwritten() throws Exception {
        Path precious = Files.writeString(folder.resolve("precious.img"), "precious");
        assertRefused(() -> run(new DemoSettings(null, precious, null, 1, true)), "exists already");
        assertThat(precious).hasContent("precious");
    }

    @Test
    void aPlaceForJsonThatIsNoneIsFoundBeforeTheWork() {
        assertRefused(() -> run(new DemoSettings(null, null, folder.resolve("no/such.json"), 1, true)), "--json");
    }

    private static DemoSettings disk(Path image) {
        return new DemoSettings(image, null, null, 1, true);
    }

    private void assertRefused(ThrowingCallable demo, String why) {
        assertThatThrownBy(demo).isInstanceOf(DemoException.class).hasMessageContaining(why);
    }

    private boolean run(DemoSettings settings) throws Exception {
        return new Demo(settings, progress()).run();
    }

    private Progress progress() {
        return new Progress(new PrintStream(output, true, StandardCharsets.UTF_8), false);
    }

    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private static long matches(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }
}
