// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasstSearchTest {
    @TempDir
    private Path folder;

    @Test
    void saysHowToInstallIt() {
        assertThatThrownBy(() -> PasstBackend.find("/nowhere" + File.pathSeparator + folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("apt-get install passt");
    }

    @Test
    void takesTheFirstOfThePath() throws IOException {
        Path program = Files.createFile(
                folder.resolve("passt"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assertThat(PasstBackend.find("/nowhere" + File.pathSeparator + folder)).isEqualTo(program);
    }
}
