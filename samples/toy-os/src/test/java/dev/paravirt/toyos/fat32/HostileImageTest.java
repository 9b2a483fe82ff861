// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that lie: each ends in a clear refusal, in bounded time and memory. */
@Timeout(60)
class HostileImageTest {
    private static final int FAT = 32 * 512;
    private static final int SECOND_FAT = FAT + 16 * 512;
    private static final int ROOT = 64 * 512;

    @ParameterizedTest
    @CsvSource({
        "510, 0, NOT_FAT32", // signature
        "12, 3, NOT_FAT32", // sector size 768
        "12, 0x80, NOT_FAT32", // sector size 32768
        "13, 0, NOT_FAT32", // sectors per cluster
        "13, 3, NOT_FAT32",
        "14, 0, NOT_FAT32", // reserved sectors
        "16, 0, NOT_FAT32", // tables
        "16, 200, NOT_FAT32",
        "17, 2, NOT_FAT32", // a FAT16 root directory
        "21, 0, NOT_FAT32", // media
        "22, 1, NOT_FAT32", // FAT16 table size
        "20, 0x20, CORRUPT", // more sectors than the disk
        "36, 1, CORRUPT", // tables too small for the clusters
        "38, 0x7F, NOT_FAT32", // tables larger than the disk
        "40, 0x8F, NOT_FAT32", // active table 15
        "42, 1, NOT_FAT32", // version
        "44, 0, CORRUPT", // root cluster
        "46, 1, CORRUPT"
    })
    void nonsenseInTheBootSectorIsRefused(int offset, String value, Reason reason) {
        SparseVolume volume = Disk.blank();
        volume.setByte(offset, Integer.decode(value));
        Fat32VolumeTest.assertFails(reason, () -> Disk.mount(volume));
        Fat32VolumeTest.assertFails(reason, () -> Disk.mountReadOnly(volume));
    }

    @Test
    void anEmptyOrTinyDiskIsRefused() {
        Fat32VolumeTest.assertFails(Reason.NOT_FAT32, () -> Disk.mount(new SparseVolume(0)));
        Fat32VolumeTest.assertFails(Reason.NOT_FAT32, () -> Disk.mount(new SparseVolume(1)));
    }

    @Test
    void aDirectoryThatLoopsEnds() throws IOException {
        SparseVolume volume = populated();
        int directory = firstCluster(volume, "/dir");
        entry(volume, directory, directory);
        Fat32VolumeTest.assertFails(
                Reason.CORRUPT, () -> Disk.mountReadOnly(volume).fat.list("/dir"));
        SparseVolume root = populated();
        entry(root, 2, 2);
        Fat32VolumeTest.assertFails(
                Reason.CORRUPT, () -> Disk.mountReadOnly(root).fat.list("/"));
    }

    @Test
    void aFileThatLoopsIsNotOpened() throws IOException {
        SparseVolume volume = populated();
        int file = firstCluster(volume, "/file");
        entry(volume, file + 1, file);
        Disk disk = Disk.mountReadOnly(volume);
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> disk.fat.open("/file"));
        assertThat(disk.read("/other")).hasSize(2000);
    }

    @Test
    void aFileThatRunsIntoALoopIsRefusedWhenItIsRead() throws IOException {
        SparseVolume volume = populated();
        int file = firstCluster(volume, "/file");
        entry(volume, file + 2, file + 1);
        Disk disk = Disk.mountReadOnly(volume);
        assertThat(disk.fat.check().problems()).isNotEmpty();
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(volume));
        setSize(volume, "/file", 0xFFFF_FFFFL);
        try (FatFile endless = Disk.mountReadOnly(volume).fat.open("/file")) {
            Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> endless.read(4_000_000_000L, new byte[1], 0, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000_000, 0x0FFF_FFF0, 0})
    void clustersThatDoNotExistAreNotFollowed(int value) throws IOException {
        SparseVolume volume = populated();
        entry(volume, firstCluster(volume, "/file") + 1, value);
        Fat32VolumeTest.assertFails(
                Reason.CORRUPT, () -> Disk.mountReadOnly(volume).read("/file"));
    }

    @Test
    void sharedClustersForbidWriting() throws IOException {
        SparseVolume volume = populated();
        entry(volume, firstCluster(volume, "/file"), firstCluster(volume, "/other") + 1);
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(volume));
        assertThat(Disk.mountReadOnly(volume).fat.check().problems()).isNotEmpty();
    }

    @Test
    void twoNamesForOneChainAreFoundWhenTheVolumeIsDirty() throws IOException {
        SparseVolume volume = populated();
        Disk disk = Disk.mountReadOnly(volume);
        long slot = slotOf(disk, "/file");
        int other = firstCluster(volume, "/other");
        volume.setByte(slot + 26, other);
        volume.setByte(slot + 27, other >>> 8);
        volume.setByte(0x41, 1);
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(volume));
    }

    @Test
    void sizesThatTheClustersDoNotHoldAreRefused() throws IOException {
        SparseVolume volume = populated();
        setSize(volume, "/file", 1 << 20);
        SparseVolume again = volume.copy();
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(volume).read("/file"));
        try (FatFile file = Disk.mount(again).fat.open("/file")) {
            Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> file.write(1 << 20, new byte[1], 0, 1));
        }
        SparseVolume empty = populated();
        long slot = slotOf(Disk.mountReadOnly(empty), "/file");
        empty.setByte(slot + 26, 0);
        empty.setByte(slot + 27, 0);
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(empty).fat.open("/file"));
    }

    @Test
    void aTreeOfDirectoriesThatContainThemselvesIsChecked() throws IOException {
        SparseVolume volume = populated();
        long slot = slotOf(Disk.mountReadOnly(volume), "/dir");
        volume.setByte(slot + 26, 2);
        volume.setByte(slot + 27, 0);
        volume.setByte(0x41, 1);
        assertThat(Disk.mountReadOnly(volume).fat.check().problems()).isNotEmpty();
        Fat32VolumeTest.assertFails(Reason.CORRUPT, () -> Disk.mount(volume));
    }

    @Test
    void longNamesThatAreTornFallBackToTheShortOnes() throws IOException {
        SparseVolume volume = Disk.blank();
        Disk disk = Disk.mount(volume);
        disk.write("/A rather long name.txt", "x");
        disk.close();
        volume.setByte(ROOT + 32 + 13, volume.getByte(ROOT + 32 + 13) + 1);
        Disk torn = Disk.mount(volume);
        assertThat(torn.fat.list("/")).extracting(FileStatus::name).containsExactly("ARATHE~1.TXT");
        torn.fat.delete("/ARATHE~1.TXT");
        assertThat(torn.fat.list("/")).isEmpty();
    }

    /**
     * Bytes changed at random where they hurt most. Whatever the image says: each call ends soon, and with a
     * FileSystemException if at all with one.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomDamageNeverEscapes(long seed) throws IOException {
        Random random = new Random(seed);
        SparseVolume intact = populated();
        for (int round = 0; round < 150; round++) {
            SparseVolume volume = intact.copy();
            List<String> damage = new ArrayList<>();
            for (int i = random.nextInt(12); i >= 0; i--) {
                damage.add(damage(volume, random));
            }
            assertThat(Duration.ofNanos(exercise(volume, damage)))
                    .as("%s", damage)
                    .isLessThan(Duration.ofSeconds(20));
        }
    }

    private static String damage(SparseVolume volume, Random random) {
        int offset = switch (random.nextInt(8)) {
            case 0 -> random.nextInt(90);
            case 1, 2, 3 -> FAT + 4 * (2 + random.nextInt(40)) + random.nextInt(4);
            case 4 -> SECOND_FAT + random.nextInt(200);
            default -> ROOT + random.nextInt(40 * 512);
        };
        int value = random.nextBoolean() ? random.nextInt(256) : random.nextInt(20);
        volume.setByte(offset, value);
        return offset + "=" + value;
    }

    private static long exercise(SparseVolume volume, List<String> damage) {
        long start = System.nanoTime();
        for (boolean writable : new boolean[] {false, true}) {
            try {
                Disk disk = writable ? Disk.mount(volume) : Disk.mountReadOnly(volume);
                disk.fat.check();
                walk(disk, "", 0);
                if (writable) {
                    change(disk);
                    disk.close();
                }
            } catch (FileSystemException refused) {
                assertThat(refused.getMessage()).as("%s", damage).isNotBlank();
            } catch (IOException other) {
                throw new AssertionError("not a clear refusal, after " + damage, other);
            }
        }
        return System.nanoTime() - start;
    }

    private static void walk(Disk disk, String path, int depth) throws IOException {
        for (FileStatus status : disk.fat.list(path)) {
            String name = path + "/" + status.name();
            try {
                if (!status.directory()) {
                    readSome(disk, name);
                } else if (depth < 4) {
                    walk(disk, name, depth + 1);
                }
            } catch (FileSystemException refused) {
                assertThat(refused.reason())
                        .isIn(Reason.CORRUPT, Reason.NOT_FOUND, Reason.IS_A_DIRECTORY, Reason.NOT_A_DIRECTORY);
            }
        }
    }

    private static void readSome(Disk disk, String name) throws IOException {
        try (FatFile file = disk.fat.open(name)) {
            byte[] scratch = new byte[1 << 16];
            file.read(0, scratch, 0, scratch.length);
            file.read(file.size() / 2, scratch, 0, scratch.length);
        }
    }

    private static void change(Disk disk) throws IOException {
        for (String path : List.of("/file", "/other", "/dir/inner file.txt", "/a name that is long.txt")) {
            try {
                try (FatFile file = disk.fat.open(path)) {
                    file.write(file.size() / 2, new byte[700], 0, 700);
                    file.truncate(Math.min(file.size(), 1000));
                }
                disk.fat.rename(path, path + "2", true);
                disk.fat.delete(path + "2");
                disk.fat.sync();
            } catch (FileSystemException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
        disk.write("/another new file", "x");
        disk.fat.makeDirectory("/dir/new");
    }

    /** The image that the tests damage. */
    static SparseVolume populated() throws IOException {
        SparseVolume volume = Disk.blank();
        Disk disk = Disk.mount(volume);
        disk.write("/file", new byte[3000]);
        disk.write("/other", new byte[2000]);
        disk.fat.makeDirectory("/dir");
        disk.write("/dir/inner file.txt", new byte[900]);
        disk.fat.makeDirectory("/dir/nested directory");
        disk.write("/a name that is long.txt", new byte[1]);
        disk.close();
        return volume;
    }

    private static int firstCluster(SparseVolume volume, String path) throws IOException {
        long slot = slotOf(Disk.mountReadOnly(volume), path);
        return volume.getByte(slot + 26) | volume.getByte(slot + 27) << 8;
    }

    private static void setSize(SparseVolume volume, String path, long size) throws IOException {
        volume.setInt(slotOf(Disk.mountReadOnly(volume), path) + 28, (int) size);
    }

    private static long slotOf(Disk disk, String path) throws IOException {
        DirectoryEntry entry =
                disk.fat.directoryAt(disk.fat.boot().rootCluster()).find(path.substring(1));
        assertThat(entry).as(path).isNotNull();
        return entry.shortSlotOffset();
    }

    private static void entry(SparseVolume volume, int cluster, int value) {
        volume.setInt(FAT + 4L * cluster, value);
        volume.setInt(SECOND_FAT + 4L * cluster, value);
    }
}
