// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BootOptionsTest {
    @Test
    void disksAreNamedBeforeCommands() {
        assertThat(BootOptions.parse(List.of("root=system", "scratch=spare", "ls /", "df")))
                .isEqualTo(new BootOptions("system", "spare", List.of("ls /", "df")));
    }

    @Test
    void nothingIsScratchUnlessItIsNamed() {
        assertThat(BootOptions.parse(List.of("ls /"))).isEqualTo(new BootOptions(null, null, List.of("ls /")));
    }

    @Test
    void whatLooksLikeAnOptionBehindACommandIsACommand() {
        assertThat(BootOptions.parse(List.of("df", "root=x")).script()).containsExactly("df", "root=x");
    }
}
