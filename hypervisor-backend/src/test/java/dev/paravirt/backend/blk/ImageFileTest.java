// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can go wrong with an image file, and who may open it. */
@Timeout(60)
class ImageFileTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    private Path directory;

    private static Path sparse(Path path, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
        return path;
    }

    private Path sparse() throws IOException {
        return sparse(directory.resolve("image"), SIZE);
    }

    private static BlockDisk disk(BlockImage image) {
        return new BlockDisk(image, new BlockOptions());
    }

    @Test
    void anImageIsNeverMade() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> BlockImage.open(missing, false))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("there is no disk image " + missing)
                .hasMessageContaining("truncate -s 64M");
        assertThat(missing).doesNotExist();
    }

    @Test
    void anImageIsWholeSectors() throws IOException {
        Path odd = sparse(directory.resolve("odd"), 1000);
        assertThatThrownBy(() -> BlockImage.open(odd, false))
                .hasMessageContaining("1000 bytes, which is not one or more");
        Path empty = sparse(directory.resolve("empty"), 0);
        assertThatThrownBy(() -> BlockImage.open(empty, true)).hasMessageContaining("0 bytes");
        assertThatThrownBy(() -> BlockImage.open(directory, true)).hasMessageContaining("a directory");
        assertThatThrownBy(() -> PortableFileImage.open(odd, false)).hasMessageContaining("1000 bytes");
        assertThat(Files.size(odd)).isEqualTo(1000);
    }

    @Test
    void oneServerWritesOrManyRead() throws IOException {
        Path path = sparse();
        try (BlockImage writer = BlockImage.open(path, false)) {
            assertThat(writer.size()).isEqualTo(SIZE);
            assertThatThrownBy(() -> BlockImage.open(path, false)).isInstanceOf(ImageLockedException.class);
            assertThatThrownBy(() -> BlockImage.open(path, true))
                    .isInstanceOf(ImageLockedException.class)
                    .hasMessageContaining("disk image " + path + " is in use by process "
                            + ProcessHandle.current().pid())
                    .hasMessageContaining("or serve a copy");
        }
        try (BlockImage reader = BlockImage.open(path, true);
                BlockImage second = BlockImage.open(path, true)) {
            assertThat(reader.readOnly()).isTrue();
            assertThat(second.size()).isEqualTo(SIZE);
            assertThatThrownBy(() -> BlockImage.open(path, false)).hasMessageContaining("open it read-only");
        }
    }

    @Test
    void portableImagesLockToo() throws IOException {
        Path path = sparse();
        try (BlockImage writer = PortableFileImage.open(path, false)) {
            assertThat(writer.readOnly()).isFalse();
            assertThatThrownBy(() -> PortableFileImage.open(path, true))
                    .isInstanceOf(ImageLockedException.class)
                    .hasMessageContaining("this process");
        }
    }

    /** Serves an image until its standard input ends. */
    static final class Server {
        public static void main(String[] arguments) throws IOException {
            try (BlockImage image = BlockImage.open(Path.of(arguments[0]), false)) {
                System.out.println("serving " + image.size());
                int ended = System.in.read();
                System.out.println("ended " + ended);
            }
        }
    }

    @Test
    void aSecondProcessIsRefusedAndTold() throws Exception {
        Path path = sparse();
        Process server = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath(),
                        Server.class.getName(),
                        path.toString()))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(output.readLine()).isEqualTo("serving " + SIZE);
            assertThatThrownBy(() -> BlockImage.open(path, false))
                    .isInstanceOf(ImageLockedException.class)
                    .hasMessageContaining("process " + server.pid());
            server.destroyForcibly();
            assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
            BlockImage.open(path, false).close();
        } finally {
            server.destroyForcibly();
        }
    }

    /** On the module path the tests are patched into the module; the child takes them from the class path instead. */
    private static String classPath() throws Exception {
        Path classes = Path.of(BlockImage.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        StringBuilder entries = new StringBuilder();
        for (String property : List.of("java.class.path", "jdk.module.path")) {
            entries.append(System.getProperty(property, "")).append(java.io.File.pathSeparatorChar);
        }
        return entries.append(classes)
                .append(java.io.File.pathSeparatorChar)
                .append(classes.resolveSibling("test-classes"))
                .toString();
    }

    /** Holes read as zeroes; data behind the end is not there, and to say zeroes would hide that it is lost. */
    @Test
    void aTruncatedImageFailsTheReadsThatItCannotAnswer() throws IOException {
        Path path = sparse();
        try (BlockDisk disk = disk(BlockImage.open(path, false))) {
            assertThat(disk.write(100, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
            sparse(path, 2048 * 512 + 100);
            assertThat(disk.read(3000, disk.filled(1, 1))).isEqualTo(BlkStatus.IOERR);
            DmaBuffer across = disk.filled(2, 1);
            assertThat(disk.read(2047, across)).isEqualTo(BlkStatus.IOERR);
            BlockDisk.assertFilled(across, 0);
            disk.assertSectors(100, 1, 1);
            disk.assertSectors(2047, 1, 0);
        }
    }

    @Test
    void discardedSpaceGoesBackToTheFileSystem() throws IOException {
        Path path = sparse();
        try (BlockDisk disk = disk(BlockImage.open(path, false))) {
            for (int sector = 0; sector < 4096; sector += 512) {
                assertThat(disk.write(sector, disk.filled(512, 1))).isEqualTo(BlkStatus.OK);
            }
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
            long before = allocated(path);
            assertThat(before).isGreaterThanOrEqualTo(2 << 20);
            assertThat(disk.range(BlkRequest.T_DISCARD, 0, 2048, 0)).isEqualTo(BlkStatus.OK);
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
            assertThat(allocated(path)).isLessThanOrEqualTo(before - (1 << 20));
            assertThat(Files.size(path)).isEqualTo(SIZE);
        }
    }

    /** Bytes that the file takes, in whole sectors: what {@code stat} says. */
    private static long allocated(Path path) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", path.toString()).start();
        String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        return Long.parseLong(blocks.strip()) * 512;
    }

    @Test
    void discardedMemoryIsFree() {
        MemoryImage image = new MemoryImage(SIZE);
        try (BlockDisk disk = disk(image)) {
            assertThat(image.allocated()).isZero();
            disk.assertSectors(0, 64, 0);
            assertThat(image.allocated()).as("reads take nothing").isZero();
            assertThat(disk.write(0, disk.filled(2048, 1))).isEqualTo(BlkStatus.OK);
            assertThat(image.allocated()).isEqualTo(1 << 20);
            assertThat(disk.range(BlkRequest.T_DISCARD, 1, 2046, 0)).isEqualTo(BlkStatus.OK);
            assertThat(image.allocated()).isEqualTo(2L * MemoryImage.CHUNK);
            disk.assertSectors(0, 1, 1);
            disk.assertSectors(1, 2046, 0);
            disk.assertSectors(2047, 1, 1);
        }
    }

    /** A file system of one mebibyte under a sparse image of four; only root can mount it. */
    @Test
    void aFullDiskFailsTheWritesThatItHasNoRoomFor() throws Exception {
        Path mount = Files.createDirectory(directory.resolve("small"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "paravirt-test", mount.toString());
        if (!mounted && "true".equals(System.getenv("PARAVIRT_REQUIRE_PEERS"))) {
            throw new AssertionError("a tmpfs cannot be mounted here");
        }
        assumeTrue(mounted, "a tmpfs cannot be mounted here: it takes root, and the right to mount");
        try {
            Path path = sparse(mount.resolve("image"), SIZE);
            try (BlockDisk disk = disk(BlockImage.open(path, false))) {
                int failed = 0;
                for (int sector = 0; sector < 4096; sector += 128) {
                    int status = disk.write(sector, disk.filled(128, 7));
                    assertThat(status).isIn(BlkStatus.OK, BlkStatus.IOERR);
                    failed += status == BlkStatus.IOERR ? 1 : 0;
                }
                assertThat(failed).isBetween(16, 24);
                assertThat(disk.device.failures()).isEqualTo(failed);
                disk.assertSectors(0, 512, 7);
                assertThat(disk.range(BlkRequest.T_DISCARD, 0, 1024, 0)).isEqualTo(BlkStatus.OK);
                assertThat(disk.write(3072, disk.filled(128, 8))).isEqualTo(BlkStatus.OK);
                disk.assertSectors(3072, 128, 8);
                assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
            }
        } finally {
            assertThat(run("umount", mount.toString())).isTrue();
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }
}
