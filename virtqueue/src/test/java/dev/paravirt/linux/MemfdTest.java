// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.queue.traffic.OpenDescriptors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MemfdTest {
    private static final long SIZE = 1 << 20;

    @Test
    void twoMappingsShowTheSameBytes() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE);
                Arena arena = Arena.ofShared()) {
            MemorySegment whole = memory.map(0, SIZE, arena);
            MemorySegment tail = memory.map(SIZE / 2, SIZE / 2, arena);
            assertThat(whole.byteSize()).isEqualTo(SIZE);
            whole.set(ValueLayout.JAVA_LONG, SIZE / 2 + 8, 0x1234_5678_9abc_def0L);
            assertThat(tail.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(0x1234_5678_9abc_def0L);
        }
    }

    @Test
    void aMappingEndsWithItsArenaAndNotWithTheDescriptor() throws IOException {
        MemorySegment mapped;
        try (Arena arena = Arena.ofShared()) {
            Memfd memory = Memfd.create("test", 4096);
            mapped = memory.map(0, 4096, arena);
            memory.close();
            mapped.set(ValueLayout.JAVA_INT, 0, 1);
        }
        assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_INT, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSizeIsSealed() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE)) {
            int fd = memory.descriptor().number();
            assertThat(Libc.ftruncate(fd, SIZE / 2)).isEqualTo(-Errno.EPERM);
            assertThat(Libc.ftruncate(fd, SIZE * 2)).isEqualTo(-Errno.EPERM);
            assertThat(Libc.fcntl(fd, Constants.F_ADD_SEALS, 0x10))
                    .as("no more seals")
                    .isEqualTo(-Errno.EPERM);
        }
    }

    @Test
    void mappingsStayInside() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE);
                Arena arena = Arena.ofShared()) {
            assertThatThrownBy(() -> memory.map(SIZE, 1, arena)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> memory.map(4096, Long.MAX_VALUE, arena))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> memory.map(-4096, 4096, arena)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Wherever pages begin: peers say where their memory starts, in bytes. */
    @Test
    void mappingsStartAnywhere() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE);
                Arena arena = Arena.ofShared()) {
            MemorySegment all = memory.map(0, SIZE, arena);
            all.set(ValueLayout.JAVA_BYTE, 8191, (byte) 7);
            all.set(ValueLayout.JAVA_BYTE, 8192, (byte) 8);
            MemorySegment across = memory.map(8191, 2, arena);
            assertThat(across.byteSize()).isEqualTo(2);
            assertThat(across.toArray(ValueLayout.JAVA_BYTE)).containsExactly(7, 8);
        }
    }

    @Test
    void receivedMemoryIsCheckedAgainstWhatThePeerClaims() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE)) {
            assertThatThrownBy(() -> Memfd.adopt(memory.descriptor().duplicate(), SIZE + 1, true))
                    .hasMessageContaining("1048577 bytes claimed, 1048576 there");
            assertThatThrownBy(() -> Memfd.adopt(memory.descriptor().duplicate(), -1, true))
                    .isInstanceOf(LinuxException.class);
            try (Memfd adopted = Memfd.adopt(memory.descriptor().duplicate(), SIZE / 2, true)) {
                assertThat(adopted.size()).isEqualTo(SIZE / 2);
            }
        }
    }

    @Test
    void unsealedMemoryIsRefusedWhereSealsAreWanted(@TempDir Path directory) throws IOException {
        Set<PositionalFile.Option> options =
                Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE, PositionalFile.Option.EXCLUSIVE);
        try (PositionalFile file = PositionalFile.open(directory.resolve("memory"), options)) {
            file.truncate(SIZE);
            assertThatThrownBy(() -> Memfd.adopt(file.descriptor().duplicate(), SIZE, true))
                    .hasMessageContaining("not sealed");
            Memfd.adopt(file.descriptor().duplicate(), SIZE, false).close();
        }
        try (Eventfd noFile = Eventfd.create()) {
            assertThatThrownBy(() -> Memfd.adopt(noFile.descriptor().duplicate(), 1, false))
                    .hasMessageContaining("not a file");
        }
    }

    @Test
    void rejectedDescriptorsAreClosed() throws IOException {
        try (Memfd memory = Memfd.create("test", SIZE)) {
            FileDescriptor received = memory.descriptor().duplicate();
            assertThatThrownBy(() -> Memfd.adopt(received, 2 * SIZE, true)).isInstanceOf(LinuxException.class);
            assertThat(received.isOpen()).isFalse();
        }
    }

    /** In a JVM of its own: if the fault were not caught, it would end this one. */
    @Test
    void memoryThatItsOwnerTruncatesFaultsAsACatchableError(@TempDir Path directory) throws Exception {
        try (ChildJvm child =
                ChildJvm.start(Truncated.class, directory.resolve("memory").toString())) {
            assertThat(child.line()).isEqualTo("read: InternalError");
            assertThat(child.line()).isEqualTo("compiled read: InternalError");
            assertThat(child.line()).isEqualTo("write: InternalError");
            assertThat(child.line()).isEqualTo("pread: EFAULT");
            assertThat(child.line()).isEqualTo("alive");
            assertThat(child.exitStatus()).isZero();
        }
    }

    /** The child of the test above: maps a file, truncates it as a hostile owner would, and touches what is gone. */
    static final class Truncated {
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

        public static void main(String[] arguments) throws IOException {
            Path path = Path.of(arguments[0]);
            Set<PositionalFile.Option> options = Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE);
            try (PositionalFile owner = PositionalFile.open(path, options);
                    Arena arena = Arena.ofShared()) {
                owner.truncate(SIZE);
                Memfd memory = Memfd.adopt(owner.descriptor().duplicate(), SIZE, false);
                MemorySegment mapped = memory.map(0, SIZE, arena);
                long sum = 0;
                for (int round = 0; round < 200; round++) {
                    sum += sum(mapped);
                }
                owner.truncate(4096);
                report("read", () -> mapped.get(LONG, SIZE / 2));
                report("compiled read", () -> sum(mapped));
                report("write", () -> mapped.set(LONG, SIZE / 2, 1));
                try {
                    owner.truncate(2 * SIZE);
                    owner.truncate(4096);
                    try (PositionalFile other = PositionalFile.open(Path.of("/dev/zero"), Set.of())) {
                        other.read(mapped, SIZE / 2, 4096, 0);
                    }
                    System.out.println("pread: no error");
                } catch (LinuxException failure) {
                    System.out.println("pread: " + (failure.errno() == Errno.EFAULT ? "EFAULT" : failure));
                }
                System.out.println(sum == 0 ? "alive" : "wrong sum");
            }
        }

        private static long sum(MemorySegment mapped) {
            long sum = 0;
            for (long offset = 0; offset < SIZE; offset += 64) {
                sum += mapped.get(LONG, offset);
            }
            return sum;
        }

        private static void report(String name, Runnable access) {
            try {
                access.run();
                System.out.println(name + ": no error");
            } catch (InternalError caught) {
                System.out.println(name + ": InternalError");
            }
        }
    }

    @Test
    void aThousandMemoriesLeaveNothingOpen() throws IOException {
        Memfd.create("warm", 4096).close();
        long before = OpenDescriptors.count();
        for (int round = 0; round < 1000; round++) {
            try (Memfd memory = Memfd.create("test", 4096);
                    Arena arena = Arena.ofConfined()) {
                memory.map(0, 4096, arena).fill((byte) 1);
            }
        }
        assertThat(OpenDescriptors.count()).isEqualTo(before);
    }
}
