// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether QEMU is there. A test that finds it missing is skipped, or fails where it must be. */
final class Qemu {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";

    private Qemu() {}

    static void require() {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(folder, QemuMachine.PROGRAM))) {
                return;
            }
        }
        String remedy = QemuMachine.PROGRAM + " is not installed; apt-get install qemu-system-x86";
        if ("true".equals(System.getenv(REQUIRED))) {
            fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
        }
        abort(remedy);
    }
}
