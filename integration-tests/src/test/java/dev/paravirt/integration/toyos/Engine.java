// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import org.testcontainers.DockerClientFactory;

/** Whether containers can be started. A test that finds they cannot is skipped, or fails where they must. */
final class Engine {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";
    private static final Path TUN = Path.of("/dev/net/tun");

    private Engine() {}

    static void require() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            give("no container engine answers; install one (apt-get install docker.io), start it, and see that"
                    + " `docker info` works for this user");
        }
        if (!Files.exists(TUN)) {
            give(TUN + " is missing, which the container's network interface is made with; modprobe tun");
        }
    }

    /** What needs more than an engine: to make a TAP device and plug it into the engine's bridge. */
    static void requirePrivileges() {
        require();
        if (!Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward"))) {
            give("a TAP device on the engine's bridge takes root");
        }
    }

    private static void give(String remedy) {
        if ("true".equals(System.getenv(REQUIRED))) {
            fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
        }
        abort(remedy);
    }
}
