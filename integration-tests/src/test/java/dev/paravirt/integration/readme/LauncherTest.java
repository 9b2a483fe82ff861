// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");

    /** The system starts services without HOME. */
    @Test
    void aJdkIsFoundWithoutAHome() throws Exception {
        String home = System.getProperty("java.home");
        ProcessBuilder shell = new ProcessBuilder("sh", "-euc", ". ./.mvn/jdk25.sh; echo \"$JAVA_HOME\"")
                .directory(ROOT.toFile())
                .redirectErrorStream(true);
        shell.environment().clear();
        shell.environment().put("JAVA25_HOME", home);
        Process process = shell.start();
        process.getOutputStream().close();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(home + "\n");
        assertThat(process.waitFor()).isZero();
    }
}
