// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.integration.net.NetworkNamespace;
import dev.paravirt.integration.net.WireTools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stock network driver of Linux on {@code paravirt net}, whose TAP device leads to a network stack of the kernel's: what
 * both ends say to each other was written by others.
 */
@Timeout(120)
@SuppressWarnings("try") // Only the timeout interrupts it.
class UserModeLinuxNetTest {
    private static final int BYTES = 8 << 20;

    /** The file comes over a connection of the host's, and goes back over one of the guest's. */
    private static final String SCRIPT = """
            ip link set lo up
            ip address add 198.18.8.2/24 dev eth0
            ip link set eth0 up
            ping -c 3 -A -W 10 198.18.8.1 && echo the host answers
            echo the guest is at $(cat /sys/class/net/eth0/address)
            features=$(cat /sys/class/net/eth0/device/features)
            echo packed ring ${features:34:1}, event index ${features:29:1}
            echo waiting for a file
            nc -l -p 9000 > /tmp/file
            nc 198.18.8.1 9001 < /tmp/file
            """;

    @TempDir
    private Path folder;

    @Test
    void pingsAndTransfersBothWays() throws IOException, InterruptedException {
        WireTools.require("socat", "socat");
        WireTools.require("ping", "iputils-ping");
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"),
                UserModeLinux.modules(),
                List.of("failover", "net_failover", "virtio_net"),
                List.of(),
                SCRIPT);
        Path socket = folder.resolve("net");
        Path sent = folder.resolve("sent");
        Path echoed = folder.resolve("echoed");
        byte[] content = new byte[BYTES];
        new Random(BYTES).nextBytes(content);
        Files.write(sent, content);
        try (NetworkNamespace host = NetworkNamespace.create()) {
            Process server = serve(host, socket);
            @Nullable Process listener = null;
            try {
                listener = start(host.command("socat", "-u", "TCP-LISTEN:9001,reuseaddr", "CREATE:" + echoed));
                try (UserModeLinux guest = UserModeLinux.boot(folder, root, Map.of(socket, UserModeLinux.NET))) {
                    guest.await("waiting for a file");
                    run(host.command("ping", "-c", "3", "-A", "-W", "10", "198.18.8.2"));
                    run(host.command("socat", "-u", "OPEN:" + sent, "TCP:198.18.8.2:9000,retry=100,interval=0.1"));
                    assertThat(guest.awaitEnd())
                            .contains(
                                    "the host answers",
                                    "the guest is at 02:00:00:00:08:02",
                                    "packed ring 1, event index 1",
                                    "the script has ended");
                }
                assertThat(listener.waitFor()).isZero();
            } finally {
                end(listener);
                end(server);
            }
        }
        assertThat(Files.mismatch(sent, echoed)).isEqualTo(-1);
    }

    /** Starts the command in the namespace, where its TAP device is to be. */
    private static Process serve(NetworkNamespace host, Path socket) throws IOException, InterruptedException {
        List<String> command = host.java(
                Paravirt.class,
                "net",
                "--socket-path",
                socket.toString(),
                "--net",
                "tap=guest",
                "--mac",
                "02:00:00:00:08:02");
        Process server = start(command);
        StringBuilder said = new StringBuilder();
        BufferedReader lines = server.inputReader(StandardCharsets.UTF_8);
        while (said.indexOf("serving ") < 0) {
            String line = lines.readLine();
            assertThat(line).as(said.toString()).isNotNull();
            said.append(line).append('\n');
        }
        host.ip("address add 198.18.8.1/24 dev guest");
        host.ip("link set guest up");
        return server;
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        WireTools.run(command.toArray(String[]::new));
    }

    private static void end(@Nullable Process process) {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }
}
