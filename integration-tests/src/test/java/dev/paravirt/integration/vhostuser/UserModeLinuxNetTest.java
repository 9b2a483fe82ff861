// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.integration.net.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The stock network driver of Linux on {@code paravirt net}, with its TAP device. */
@Timeout(120)
@SuppressWarnings("try") // Only the timeout interrupts it.
class UserModeLinuxNetTest {
    private static final String FEATURES = """
            features=$(cat /sys/class/net/eth0/device/features)
            echo packed ring ${features:34:1}, event index ${features:29:1}
            """;

    @TempDir
    private Path folder;

    @Test
    void pingsAndTransfersBothWays() throws IOException, InterruptedException {
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"),
                UserModeLinux.modules(),
                List.of("failover", "net_failover", "virtio_net"),
                List.of(),
                FEATURES + HostNetwork.script(0));
        Path socket = folder.resolve("net");
        try (HostNetwork network = HostNetwork.create(0)) {
            Process server = serve(network.namespace, socket);
            try {
                network.use("guest");
                try (UserModeLinux guest = UserModeLinux.boot(folder, root, Map.of(socket, UserModeLinux.NET))) {
                    network.exchange(guest, folder);
                    assertThat(guest.awaitEnd()).contains("packed ring 1, event index 1", "the script has ended");
                }
            } finally {
                server.destroyForcibly().onExit().join();
            }
        }
    }

    /** Starts the command in the namespace, where its TAP device is to be. */
    private static Process serve(NetworkNamespace host, Path socket) throws IOException {
        List<String> command = host.java(
                Paravirt.class,
                "net",
                "--socket-path",
                socket.toString(),
                "--net",
                "tap=guest",
                "--mac",
                HostNetwork.mac(0));
        Process server = new ProcessBuilder(command).redirectErrorStream(true).start();
        StringBuilder said = new StringBuilder();
        BufferedReader lines = server.inputReader(StandardCharsets.UTF_8);
        while (said.indexOf("serving ") < 0) {
            String line = lines.readLine();
            assertThat(line).as(said.toString()).isNotNull();
            said.append(line).append('\n');
        }
        return server;
    }
}
