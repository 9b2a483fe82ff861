// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.toyos.block.SparseVolume;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes made and files copied by mkfs.vfat and mtools, and theirs by us. */
class MtoolsTest {
    private static final List<String> NAMES = List.of(
            "PLAIN.TXT",
            "lower.txt",
            "Mixed Case Name.text",
            ".hidden",
            "two.dots.tar.gz",
            "no extension at all",
            "UPPER.lower",
            "exactly thirteen chars x13",
            "brackets [and] + equals = semi; comma,.x",
            "ünïcödé ñame ΑΒΓ жук 日本語.txt",
            "#!$%&'()-@^_`{}~",
            "x".repeat(255));

    @TempDir
    private Path folder;

    @BeforeEach
    void needMtools() {
        Peers.require("mkfs.vfat", "fsck.vfat", "mcopy", "mdir", "mmd");
    }

    // mtools takes nothing with fewer than 65525 clusters for FAT32, and cannot add two clusters to a directory at
    // once.
    @ParameterizedTest
    @CsvSource({"70, 512, 2, 2", "300, 512, 8, 1", "300, 4096, 1, 2", "150, 1024, 2, 2", "150, 2048, 1, 2"})
    void filesGoBothWays(int mebibytes, int sector, int sectorsPerCluster, int tables) throws Exception {
        Path image = image(mebibytes, "-S", sector, "-s", sectorsPerCluster, "-f", tables);
        Random random = new Random(mebibytes);
        Path theirs = Files.createDirectory(folder.resolve("theirs"));
        for (int i = 0; i < NAMES.size(); i++) {
            Files.write(theirs.resolve(NAMES.get(i)), bytes(random, i * i * 777));
        }
        Peers.run("mmd", "-i", image, "::/from mtools");
        Peers.run("mcopy", "-Qs", "-i", image, theirs, "::/from mtools/");

        SparseVolume volume = SparseVolume.load(image);
        Disk disk = Disk.mount(volume);
        disk.fat.makeDirectory("/From Us");
        for (String name : NAMES) {
            byte[] expected = Files.readAllBytes(theirs.resolve(name));
            assertThat(disk.read("/from mtools/theirs/" + name)).as(name).isEqualTo(expected);
            disk.write("/From Us/" + name, expected);
        }
        assertThat(disk.fat.list("/from mtools/theirs"))
                .extracting(FileStatus::name)
                .containsAll(NAMES);
        disk.closeAndCheck(image);

        Path ours = Files.createDirectory(folder.resolve("ours"));
        Peers.run("mcopy", "-s", "-i", image, "::/From Us", ours);
        for (String name : NAMES) {
            assertThat(ours.resolve("From Us").resolve(name)).as(name).hasSameBinaryContentAs(theirs.resolve(name));
        }
    }

    @Test
    void timesAgree() throws Exception {
        Path image = image(40, "-s", 1);
        Disk disk = Disk.mount(SparseVolume.load(image));
        disk.write("/F.TXT", "x");
        disk.closeAndCheck(image);
        assertThat(Peers.run("mdir", "-i", image, "::/F.TXT"))
                .contains("2026-05-04")
                .contains("3:02");
        Path file = Files.writeString(folder.resolve("theirs.txt"), "y");
        Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(Disk.NOW + 86_400_000));
        Peers.run("mcopy", "-m", "-i", image, file, "::/");
        Disk again = Disk.mountReadOnly(SparseVolume.load(image));
        long twoSeconds = (Disk.NOW + 86_400_000) / 2000 * 2000;
        assertThat(again.fat.stat("/theirs.txt").modified()).isEqualTo(twoSeconds);
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 16})
    void otherFatsAreRefusedByName(int bits) throws Exception {
        Path image = image(20, "-F", bits);
        assertThatThrownBy(() -> Disk.mount(SparseVolume.load(image)))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("FAT12 or FAT16");
    }

    @Test
    void aVolumeThatWasNotUnmountedIsFoundDirtyByBoth() throws Exception {
        Path image = image(2);
        Disk disk = Disk.mount(SparseVolume.load(image));
        disk.write("/f", "x");
        disk.fat.sync();
        disk.volume.save(image);
        assertThat(Peers.attempt("fsck.vfat", "-n", image).output()).contains("Dirty bit is set");
        Disk again = Disk.mount(SparseVolume.load(image));
        assertThat(again.text("/f")).isEqualTo("x");
        again.closeAndCheck(image);
    }

    @Test
    void aFullVolumeIsConsistent() throws Exception {
        Path image = image(2);
        Disk disk = Disk.mount(SparseVolume.load(image));
        int count = 0;
        FileSystemException full = null;
        while (full == null) {
            try {
                disk.write("/A file that takes some room " + count, bytes(new Random(count), 5000));
                count++;
            } catch (FileSystemException failed) {
                full = failed;
            }
        }
        assertThat(full.reason()).isEqualTo(FileSystemException.Reason.NO_SPACE);
        disk.closeAndCheck(image);
        Disk again = Disk.mount(SparseVolume.load(image));
        for (int i = 0; i < count; i++) {
            assertThat(again.read("/A file that takes some room " + i)).isEqualTo(bytes(new Random(i), 5000));
        }
    }

    @Test
    void fragmentedFilesAreReadAndWritten() throws Exception {
        Path image = image(40, "-s", 1);
        Disk disk = Disk.mount(SparseVolume.load(image), 1 << 20);
        try (FatFile one = disk.fat.create("/one");
                FatFile two = disk.fat.create("/two")) {
            for (int i = 0; i < 1000; i++) {
                byte[] part = bytes(new Random(i), 512);
                one.write(one.size(), part, 0, 512);
                two.write(two.size(), part, 0, 512);
            }
        }
        disk.closeAndCheck(image);
        Path copy = folder.resolve("copy");
        Peers.run("mcopy", "-i", image, "::/one", copy);
        assertThat(copy).hasSize(512_000);
        assertThat(Disk.mount(SparseVolume.load(image)).read("/two")).isEqualTo(Files.readAllBytes(copy));
    }

    @Test
    void theLargestFileIsFourGibibytesLessOne() throws Exception {
        Path image = folder.resolve("large.img");
        sparse(image, 5L << 30);
        Peers.run("mkfs.vfat", "-F", 32, "-s", 128, image);
        Disk disk = Disk.mount(SparseVolume.load(image, 8 << 20), 1 << 20);
        try (FatFile file = disk.fat.create("/large")) {
            file.write(FatFile.MOST_BYTES - 3, new byte[] {1, 2, 3}, 0, 3);
            assertThat(file.size()).isEqualTo(FatFile.MOST_BYTES);
            Fat32VolumeTest.assertFails(
                    FileSystemException.Reason.TOO_LARGE, () -> file.write(FatFile.MOST_BYTES, new byte[1], 0, 1));
            byte[] end = new byte[4];
            assertThat(file.read(FatFile.MOST_BYTES - 4, end, 0, 4)).isEqualTo(4);
            assertThat(end).containsExactly(0, 1, 2, 3);
            assertThat(disk.fat.check().faultless()).isTrue();
            // fsck.vfat 4.2 takes a chain of exactly 4 GiB for an empty one.
            file.truncate(FatFile.MOST_BYTES - 65_536);
        }
        disk.closeAndCheck(image);
    }

    private Path image(int mebibytes, Object... options) throws IOException, InterruptedException {
        Path image = folder.resolve("fat.img");
        sparse(image, (long) mebibytes << 20);
        Object[] arguments = new Object[options.length + 3];
        arguments[0] = "-F";
        arguments[1] = 32;
        System.arraycopy(options, 0, arguments, 2, options.length);
        arguments[options.length + 2] = image;
        Peers.run("mkfs.vfat", arguments);
        return image;
    }

    private static void sparse(Path file, long size) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            out.write(java.nio.ByteBuffer.allocate(1), size - 1);
        }
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
