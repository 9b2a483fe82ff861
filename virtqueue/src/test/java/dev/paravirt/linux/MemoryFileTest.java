// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryFileTest {
    private static final String NAME = "memory-file-under-test";

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** As from a pipe. */
    private static byte[] readToTheEnd(FileDescriptor descriptor, int most) throws LinuxException {
        byte[] bytes = new byte[most];
        ByteStream stream = new ByteStream(descriptor);
        int length = 0;
        int count = stream.read(bytes, 0, most);
        while (count > 0) {
            length += count;
            count = stream.read(bytes, length, most - length);
        }
        return Arrays.copyOf(bytes, length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_536, 300_001})
    void anotherReadsWhatThereIs(int length) throws LinuxException {
        byte[] content = noise(length);
        FileDescriptor other;
        try (MemoryFile file = MemoryFile.of(NAME, content)) {
            other = file.descriptor().duplicate();
        }
        try (other) {
            assertThat(readToTheEnd(other, length + 1)).isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_536, 300_001})
    void whatAnotherWroteIsRead(int length) throws IOException {
        byte[] content = noise(length);
        try (MemoryFile file = MemoryFile.create(NAME)) {
            try (OutputStream other = ByteStream.output(file.descriptor().duplicate())) {
                other.write(content, 0, length / 3);
                other.write(content, length / 3, length - length / 3);
            }
            assertThat(file.read(length)).isEqualTo(content);
            assertThat(file.read(length + 100)).isEqualTo(content);
        }
    }

    @Test
    void moreThanIsOfUseIsNotRead() throws IOException {
        try (MemoryFile file = MemoryFile.of(NAME, noise(100_000))) {
            assertThat(file.read(70_000)).isEqualTo(Arrays.copyOf(noise(100_000), 70_001));
            assertThat(file.read(0)).hasSize(1);
        }
    }

    /** An owner of its own, with the same position. */
    @Test
    void aDuplicateOutlivesItsOriginal() throws IOException {
        MemoryFile file = MemoryFile.of(NAME, new byte[] {1, 2, 3});
        try (MemoryFile copy = file.duplicate()) {
            file.close();
            assertThat(file.descriptor().isOpen()).isFalse();
            assertThat(copy.read(3)).containsExactly(1, 2, 3);
        }
    }
}
