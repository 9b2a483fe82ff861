// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LinuxTest {
    @Test
    void saysWhatIsMissingOnOtherSystems() {
        assertThat(Linux.obstacle("Mac OS X", "aarch64"))
                .contains("needs Linux")
                .contains("Mac OS X");
        assertThat(Linux.obstacle("Linux", "riscv64")).contains("riscv64");
        assertThat(Linux.obstacle("Linux", "amd64")).isNull();
        assertThat(Linux.obstacle("Linux", "aarch64")).isNull();
    }

    @Test
    void namesOperationPathAndError() {
        LinuxException failure = new LinuxException("pwrite", Path.of("/images/a.img"), Errno.ENOSPC);
        assertThat(failure).hasMessage("pwrite /images/a.img: ENOSPC (no space left on device)");
        assertThat(failure.errno()).isEqualTo(28);
        assertThat(Errno.describe(9999)).isEqualTo("errno 9999");
    }
}
