// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.linux.PositionalFile.Option;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PositionalFileTest {
    private static final Set<Option> NEW = Set.of(Option.WRITE, Option.CREATE, Option.EXCLUSIVE);

    @TempDir
    private Path directory;

    private PositionalFile newFile() throws IOException {
        return PositionalFile.open(directory.resolve("image"), NEW);
    }

    @Test
    void writesAndReadsAtPositions() throws IOException {
        try (PositionalFile file = newFile();
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8192);
            memory.fill((byte) 7);
            memory.set(ValueLayout.JAVA_LONG, 4096, 42);
            assertThat(file.write(memory, 4096, 1000, 10_000)).isEqualTo(1000);
            assertThat(file.size()).isEqualTo(11_000);
            memory.fill((byte) 1);
            assertThat(file.read(memory, 8, 4096, 10_000))
                    .as("up to the end of the file")
                    .isEqualTo(1000);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(42);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 1008)).isEqualTo((byte) 1);
            assertThat(file.read(memory, 0, 100, 11_000)).isZero();
            file.sync();
        }
    }

    @Test
    void memoryIsBoundsCheckedAndNative() throws IOException {
        try (PositionalFile file = newFile();
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096);
            assertThatThrownBy(() -> file.read(memory, 4000, 100, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.write(memory, -1, 100, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.read(memory.asReadOnly(), 0, 1, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.read(MemorySegment.ofArray(new byte[10]), 0, 10, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.read(memory, 0, 1, -1)).hasMessageContaining("EINVAL");
        }
    }

    @Test
    void cachedReadsReturnWhatWasJustWritten() throws IOException {
        try (PositionalFile file = newFile();
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4096);
            memory.fill((byte) 9);
            file.write(memory, 0, 4096, 0);
            memory.fill((byte) 0);
            int count = file.readCached(memory, 0, 4096, 0);
            if (count == PositionalFile.WOULD_BLOCK) {
                // A file system without RWF_NOWAIT, such as an old tmpfs or overlayfs: then it never answers.
                assertThat(file.readCached(memory, 0, 4096, 0)).isEqualTo(PositionalFile.WOULD_BLOCK);
            } else {
                assertThat(count).isEqualTo(4096);
                assertThat(memory.get(ValueLayout.JAVA_BYTE, 4095)).isEqualTo((byte) 9);
                assertThat(file.readCached(memory, 0, 4096, 4096))
                        .as("past the end")
                        .isZero();
            }
        }
    }

    @Test
    void holesReadAsZeroesAndKeepTheSize() throws IOException {
        try (PositionalFile file = newFile();
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16_384);
            memory.fill((byte) 3);
            file.write(memory, 0, 16_384, 0);
            file.punchHole(4096, 4096);
            assertThat(file.size()).isEqualTo(16_384);
            assertThat(file.read(memory, 0, 16_384, 0)).isEqualTo(16_384);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 4095)).isEqualTo((byte) 3);
            assertThat(memory.asSlice(4096, 4096).mismatch(arena.allocate(4096)))
                    .isEqualTo(-1);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 8192)).isEqualTo((byte) 3);
            file.reserve(1 << 20, 4096);
            assertThat(file.size()).isEqualTo(16_384);
        }
    }

    @Test
    void rangesAreZeroedWhereTheFileSystemCan() throws IOException {
        try (PositionalFile file = newFile();
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8192);
            memory.fill((byte) 3);
            file.write(memory, 0, 8192, 0);
            try {
                file.zeroRange(0, 4096);
            } catch (LinuxException unsupported) {
                assertThat(unsupported.errno()).isEqualTo(Errno.EOPNOTSUPP);
                assertThat(unsupported).hasMessageContaining("fallocate (zero range");
                return;
            }
            file.read(memory, 0, 8192, 0);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 0)).isZero();
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 4096)).isEqualTo((byte) 3);
        }
    }

    @Test
    void aFullDiskIsNamed() throws IOException {
        try (PositionalFile full = PositionalFile.open(Path.of("/dev/full"), Set.of(Option.WRITE));
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> full.write(arena.allocate(4096), 0, 4096, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOSPC))
                    .hasMessage("pwrite /dev/full: ENOSPC (no space left on device)");
        }
    }

    /** /proc/self/mem fails with EIO where nothing is mapped, as a bad sector does. */
    @Test
    void anInputErrorIsNamed() throws IOException {
        try (PositionalFile bad = PositionalFile.open(Path.of("/proc/self/mem"), Set.of());
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> bad.read(arena.allocate(512), 0, 512, 0))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            failure -> assertThat(failure.errno()).isEqualTo(Errno.EIO));
        }
    }

    @Test
    void openFailuresNameThePath() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> PositionalFile.open(missing, Set.of()))
                .hasMessage("open " + missing + ": ENOENT (no such file or directory)");
        assertThatThrownBy(() -> PositionalFile.open(directory, Set.of(Option.WRITE)))
                .hasMessageContaining("EISDIR");
    }

    @Test
    void readOnlyFilesRefuseWrites() throws IOException {
        Path path = Files.writeString(directory.resolve("read-only"), "data");
        try (PositionalFile file = PositionalFile.open(path, Set.of());
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> file.write(arena.allocate(4), 0, 4, 0)).hasMessageContaining("EBADF");
            assertThat(file.isBlockDevice()).isFalse();
        }
    }

    @Test
    void aLockedFileIsRefusedToAnotherProcessUntilItsHolderEnds() throws Exception {
        try (PositionalFile file = newFile()) {
            try (ChildJvm holder = ChildJvm.start(Holder.class, file.path().toString())) {
                assertThat(holder.line()).isEqualTo("locked: true");
                assertThat(file.tryLock(true)).isFalse();
                assertThat(file.tryLock(false)).isFalse();
                assertThat(FileLockHolders.describe(file))
                        .contains("process " + holder.pid())
                        .contains("java");
            }
            long start = System.nanoTime();
            while (!file.tryLock(true)) {
                assertThat(System.nanoTime() - start).as("waited").isLessThan(20_000_000_000L);
                Thread.onSpinWait();
            }
        }
    }

    static final class Holder {
        public static void main(String[] arguments) throws IOException {
            try (PositionalFile file = PositionalFile.open(Path.of(arguments[0]), Set.of(Option.WRITE))) {
                System.out.println("locked: " + file.tryLock(true));
                System.in.read();
            }
        }
    }

    @Test
    void sharedLocksGoTogetherAndEndWithTheirFile() throws IOException {
        try (PositionalFile one = newFile()) {
            try (PositionalFile other = PositionalFile.open(one.path(), Set.of(Option.WRITE))) {
                assertThat(one.tryLock(false)).isTrue();
                assertThat(other.tryLock(false)).isTrue();
                assertThat(one.tryLock(true)).isFalse();
            }
            assertThat(one.tryLock(true)).isTrue();
        }
    }
}
