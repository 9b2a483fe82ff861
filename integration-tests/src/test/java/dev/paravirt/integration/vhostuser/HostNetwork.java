// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.wire.TapBackend;
import dev.paravirt.integration.net.FileReceiver;
import dev.paravirt.integration.net.NetworkNamespace;
import dev.paravirt.integration.net.WireTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * What a guest's network device leads to: a network stack of the kernel's in a namespace, behind a TAP device. What both
 * ends say to each other was written by others.
 */
@SuppressWarnings("try") // Only the timeout interrupts it.
final class HostNetwork implements AutoCloseable {
    /** The guest's address. */
    static final String MAC = "02:00:00:00:08:02";

    /** What a guest does: the file comes over a connection of the host's, and goes back over one of the guest's. */
    static final String SCRIPT = """
            ip link set lo up
            ip address add 198.18.8.2/24 dev eth0
            ip link set eth0 up
            ping -c 3 -A -W 10 198.18.8.1 && echo the host answers
            echo the guest is at $(cat /sys/class/net/eth0/address)
            echo waiting for a file
            nc -l -p 9000 > /tmp/file
            nc 198.18.8.1 9001 < /tmp/file
            """;

    private static final int BYTES = 8 << 20;

    final NetworkNamespace namespace;

    private HostNetwork(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    /** Ends the calling test if there can be none. */
    static HostNetwork create() throws IOException, InterruptedException {
        WireTools.require("socat", "socat");
        WireTools.require("ping", "iputils-ping");
        return new HostNetwork(NetworkNamespace.create());
    }

    /** A wire to it. */
    TapBackend wire() throws IOException, InterruptedException {
        // Until it is moved, it needs a name that is nobody else's.
        String tap = namespace.name.replace("paravirt-", "pv");
        TapBackend wire = TapBackend.open(tap);
        WireTools.run("ip", "link", "set", tap, "netns", namespace.name);
        use(tap);
        return wire;
    }

    /** Makes a TAP device of the namespace's the host's end of the network. */
    void use(String tap) throws IOException, InterruptedException {
        namespace.ip("address add 198.18.8.1/24 dev " + tap);
        namespace.ip("link set " + tap + " up");
    }

    /** Does what the guest's script waits for. */
    void exchange(UserModeLinux guest, Path folder) throws IOException, InterruptedException {
        Path sent = folder.resolve("sent");
        Path echoed = folder.resolve("echoed");
        byte[] content = new byte[BYTES];
        new Random(BYTES).nextBytes(content);
        Files.write(sent, content);
        try (FileReceiver receiver = FileReceiver.listen(namespace, 9001, echoed)) {
            guest.await("waiting for a file");
            namespace.run("ping", "-c", "3", "-A", "-W", "10", "198.18.8.2");
            namespace.run("socat", "-u", "OPEN:" + sent, "TCP:198.18.8.2:9000,retry=100,interval=0.1");
            receiver.await();
        }
        assertThat(Files.mismatch(sent, echoed)).isEqualTo(-1);
        assertThat(guest.output()).contains("the host answers", "the guest is at " + MAC);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        namespace.close();
    }
}
