// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Fat32VolumeTest {
    private Disk disk;
    private Fat32Volume fat;

    @BeforeEach
    void mount() throws IOException {
        disk = Disk.mount(Disk.blank());
        fat = disk.fat;
    }

    @Test
    void whatWasWrittenIsThereAfterAnotherMount() throws IOException {
        disk.write("/greeting.txt", "hello");
        fat.makeDirectory("/Some Directory");
        disk.write("/Some Directory/A long name, with punctuation & ümläuts.text", "inside");
        remount();
        assertThat(fat.label()).isEqualTo("TOYOS");
        assertThat(disk.text("/GREETING.TXT")).isEqualTo("hello");
        assertThat(disk.text("/some directory/a LONG name, with punctuation & ÜMLÄUTS.text"))
                .isEqualTo("inside");
        assertThat(names("/")).containsExactly("greeting.txt", "Some Directory");
        assertThat(fat.stat("/some directory").name()).isEqualTo("Some Directory");
        assertThat(fat.stat("/greeting.txt"))
                .isEqualTo(new FileStatus("greeting.txt", false, false, 5, Disk.NOW, Disk.NOW - Disk.NOW % 2000));
    }

    @Test
    void filesReadAndWriteAtAnyOffset() throws IOException {
        byte[] model = new byte[20_000];
        Random random = new Random(3);
        try (FatFile file = fat.create("/f")) {
            for (int i = 0; i < 300; i++) {
                byte[] part = new byte[random.nextInt(3000)];
                random.nextBytes(part);
                int offset = random.nextInt(model.length - part.length);
                file.write(offset, part, 0, part.length);
                System.arraycopy(part, 0, model, offset, part.length);
            }
            byte[] content = new byte[(int) file.size()];
            assertThat(file.read(0, content, 0, content.length)).isEqualTo(content.length);
            assertThat(content).isEqualTo(Arrays.copyOf(model, content.length));
            assertThat(file.read(file.size() - 3, content, 0, 10)).isEqualTo(3);
            assertThat(file.read(file.size(), content, 0, 10)).isEqualTo(-1);
        }
    }

    @Test
    void gapsReadAsZeroesEvenWhereOldContentLay() throws IOException {
        disk.write("/old", filled(40_000, 0x55));
        fat.delete("/old");
        fat.sync();
        try (FatFile file = fat.create("/new")) {
            file.write(30_000, new byte[] {1}, 0, 1);
            file.truncate(100);
            file.truncate(35_000);
        }
        byte[] content = disk.read("/new");
        assertThat(content).hasSize(35_000).containsOnly(0);
    }

    @Test
    void spaceIsAccountedFor() throws IOException {
        long before = fat.space().free();
        disk.write("/f", new byte[513]);
        assertThat(fat.space().free()).isEqualTo(before - 2);
        fat.makeDirectory("/d");
        assertThat(fat.space().free()).isEqualTo(before - 3);
        fat.delete("/f");
        fat.removeDirectory("/d");
        assertThat(fat.space().free()).isEqualTo(before);
        fat.sync();
        assertThat(fat.space().free()).isEqualTo(before);
        assertThat(fat.check().faultless()).isTrue();
        remount();
        assertThat(fat.space().free()).isEqualTo(before);
        assertThat(disk.volume.getInt(512 + 488)).isEqualTo((int) before);
    }

    @Test
    void aFullVolumeRefusesAndStaysConsistent() throws IOException {
        long free = fat.space().freeBytes();
        disk.write("/most", new byte[(int) free - 1024]);
        try (FatFile file = fat.create("/rest")) {
            assertFails(Reason.NO_SPACE, () -> file.write(0, new byte[2000], 0, 2000));
            assertThat(file.size()).isZero();
            file.write(0, new byte[1024], 0, 1024);
        }
        assertThat(fat.space().free()).isZero();
        assertFails(Reason.NO_SPACE, () -> fat.makeDirectory("/d"));
        assertThat(fat.check().faultless()).isTrue();
        fat.delete("/most");
        disk.write("/again", new byte[(int) free - 2048]);
        assertThat(fat.check().faultless()).isTrue();
    }

    @Test
    void renameMovesAndReplacesOnlyWhenAsked() throws IOException {
        disk.write("/a", "a");
        disk.write("/b", "b");
        fat.makeDirectory("/d");
        assertFails(Reason.ALREADY_EXISTS, () -> fat.rename("/a", "/b", false));
        assertFails(Reason.IS_A_DIRECTORY, () -> fat.rename("/a", "/d", true));
        fat.rename("/a", "/b", true);
        assertThat(disk.text("/b")).isEqualTo("a");
        fat.rename("/b", "/d/Moved file.txt", false);
        assertThat(names("/")).containsExactly("d");
        fat.rename("/d/moved FILE.txt", "/d/MOVED file.TXT", false);
        assertThat(names("/d")).containsExactly("MOVED file.TXT");
        assertThat(fat.check().faultless()).isTrue();
    }

    @Test
    void directoriesMoveWithTheirParentLink() throws IOException {
        fat.makeDirectory("/a");
        fat.makeDirectory("/b");
        fat.makeDirectory("/a/sub");
        disk.write("/a/sub/f", "x");
        assertFails(Reason.INVALID_ARGUMENT, () -> fat.rename("/a", "/a/sub/a", false));
        fat.rename("/a/sub", "/b/sub", false);
        assertThat(disk.text("/b/sub/f")).isEqualTo("x");
        assertFails(Reason.NOT_EMPTY, () -> fat.removeDirectory("/b"));
        fat.removeDirectory("/a");
        fat.rename("/b/sub", "/sub", false);
        fat.removeDirectory("/b");
        assertThat(fat.check().faultless()).isTrue();
    }

    @Test
    void openFilesFollowARenameAndCannotBeDeleted() throws IOException {
        FatFile file = fat.create("/a");
        assertThat(fat.open("/A")).isSameAs(file);
        assertFails(Reason.BUSY, () -> fat.delete("/a"));
        assertFails(Reason.BUSY, fat::close);
        fat.makeDirectory("/d");
        fat.rename("/a", "/d/b", false);
        file.write(0, new byte[] {'o', 'k'}, 0, 2);
        file.close();
        file.close();
        assertThat(disk.text("/d/b")).isEqualTo("ok");
        assertThatThrownBy(file::close).isInstanceOf(IllegalStateException.class);
        fat.delete("/d/b");
    }

    @Test
    void errorsSayWhatIsWrong() throws IOException {
        disk.write("/file", "x");
        fat.makeDirectory("/dir");
        assertFails(Reason.NOT_FOUND, () -> fat.open("/nothing"));
        assertFails(Reason.NOT_FOUND, () -> fat.create("/nothing/file"));
        assertFails(Reason.NOT_A_DIRECTORY, () -> fat.list("/file"));
        assertFails(Reason.NOT_A_DIRECTORY, () -> fat.removeDirectory("/file"));
        assertFails(Reason.IS_A_DIRECTORY, () -> fat.open("/dir"));
        assertFails(Reason.IS_A_DIRECTORY, () -> fat.delete("/dir"));
        assertFails(Reason.ALREADY_EXISTS, () -> fat.create("/FILE"));
        assertFails(Reason.ALREADY_EXISTS, () -> fat.makeDirectory("/"));
        assertFails(Reason.BUSY, () -> fat.removeDirectory("/"));
        for (String name : List.of("a:b", "a*", "q?", "tab\t", "dot.", "space ", "x".repeat(256), "a\\b")) {
            assertFails(Reason.INVALID_NAME, () -> fat.create("/" + name));
        }
        try (FatFile file = fat.open("/file")) {
            assertFails(Reason.INVALID_ARGUMENT, () -> file.read(-1, new byte[1], 0, 1));
            assertFails(Reason.TOO_LARGE, () -> file.write(FatFile.MOST_BYTES, new byte[1], 0, 1));
            assertFails(Reason.TOO_LARGE, () -> file.truncate(FatFile.MOST_BYTES + 1));
            assertFails(Reason.NO_SPACE, () -> file.truncate(FatFile.MOST_BYTES));
        }
        assertThat(fat.check().faultless()).isTrue();
    }

    @Test
    void longestNamesAndManyAlikeFit() throws IOException {
        disk.write("/" + "n".repeat(255), "x");
        disk.write("/emoji 😀.txt", "smile");
        for (int i = 0; i < 60; i++) {
            disk.write("/A file much like the others " + i + ".text", "" + i);
        }
        remount();
        for (int i = 0; i < 60; i++) {
            assertThat(disk.text("/a FILE much like the others " + i + ".text")).isEqualTo("" + i);
        }
        assertThat(disk.text("/EMOJI 😀.txt")).isEqualTo("smile");
        assertThat(disk.text("/AFILEM~1.TEX")).isEqualTo("0");
        assertThat(disk.text("/" + "N".repeat(255))).isEqualTo("x");
    }

    @Test
    void aReadOnlyDiskIsReadAndNothingElse() throws IOException {
        disk.write("/f", "x");
        disk.close();
        SparseVolume protectedDisk = disk.volume.makeReadOnly();
        assertFails(Reason.READ_ONLY, () -> Disk.mount(protectedDisk));
        Disk readOnly = Disk.mountReadOnly(protectedDisk);
        assertThat(readOnly.text("/f")).isEqualTo("x");
        assertFails(Reason.READ_ONLY, () -> readOnly.fat.create("/g"));
        assertFails(Reason.READ_ONLY, () -> readOnly.fat.delete("/f"));
        try (FatFile file = readOnly.fat.open("/f")) {
            assertFails(Reason.READ_ONLY, () -> file.truncate(0));
        }
        readOnly.close();
    }

    @Test
    void theDirtyBitIsSetWhileMounted() throws IOException {
        assertThat(disk.volume.getByte(0x41) & 1).isOne();
        assertThat(disk.volume.getInt(32 * 512 + 4) & 0x0800_0000).isZero();
        disk.close();
        assertThat(disk.volume.getByte(0x41) & 1).isZero();
        assertThat(disk.volume.getInt(32 * 512 + 4) & 0x0800_0000).isNotZero();
    }

    @Test
    void everyCrashPointLeavesAVolumeThatMounts() throws IOException {
        disk.write("/keep", filled(3000, 7));
        fat.sync();
        for (int round = 0; round < 30; round++) {
            disk.write("/r" + round, filled(700 * round, round));
            if (round % 3 == 2) {
                fat.delete("/r" + (round - 1));
            }
            if (round % 4 == 3) {
                fat.sync();
            }
            Disk survivor = Disk.mount(disk.volume.copy());
            assertThat(survivor.fat.check().problems()).isEmpty();
            assertThat(survivor.read("/keep")).isEqualTo(filled(3000, 7));
            survivor.close();
        }
    }

    @Test
    void failedWritesAreReportedBySync() throws IOException {
        disk.write("/f", filled(100, 1));
        for (long sector = 0; sector < disk.volume.sectorCount(); sector++) {
            disk.volume.badForWriting.add(sector);
        }
        assertThatThrownBy(fat::sync).isInstanceOf(IOException.class).hasMessageContaining("cannot write sector");
        disk.volume.badForWriting.clear();
        remount();
        assertThat(disk.read("/f")).isEqualTo(filled(100, 1));
    }

    private void remount() throws IOException {
        disk.close();
        disk = Disk.mount(disk.volume);
        fat = disk.fat;
    }

    private List<String> names(String path) throws IOException {
        return fat.list(path).stream().map(FileStatus::name).toList();
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    static void assertFails(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FileSystemException.class,
                        e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
    }
}
