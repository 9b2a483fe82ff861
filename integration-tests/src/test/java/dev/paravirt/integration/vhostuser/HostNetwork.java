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
    private static final String SCRIPT = """
            ip link set lo up
            ip address add GUEST/24 dev LINK
            ip link set LINK up
            ping -c 3 -A -W 10 HOST && echo the host answers LINK
            echo LINK is at $(cat /sys/class/net/LINK/address)
            echo LINK waits for a file
            nc -l -p 9000 > /tmp/file
            nc HOST 9001 < /tmp/file
            """;

    private static final int BYTES = 8 << 20;

    final NetworkNamespace namespace;
    private final int index;

    private HostNetwork(NetworkNamespace namespace, int index) {
        this.namespace = namespace;
        this.index = index;
    }

    /**
     * Ends the calling test if there can be none.
     *
     * @param index of the guest's device, from 0
     */
    static HostNetwork create(int index) throws IOException, InterruptedException {
        WireTools.require("socat", "socat");
        WireTools.require("ping", "iputils-ping");
        return new HostNetwork(NetworkNamespace.create(), index);
    }

    /** What a guest does: the file comes over a connection of the host's, and goes back over one of the guest's. */
    static String script(int index) {
        return SCRIPT.replace("LINK", "eth" + index)
                .replace("HOST", address(index, 1))
                .replace("GUEST", address(index, 2));
    }

    private static String address(int index, int station) {
        return "198.18." + (8 + index) + "." + station;
    }

    /** The address that a guest's device is to have. */
    static String mac(int index) {
        return "02:00:00:00:08:%02x".formatted(2 + index);
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
        namespace.ip("address add " + address(index, 1) + "/24 dev " + tap);
        namespace.ip("link set " + tap + " up");
    }

    /** Does what the guest's script waits for. */
    void exchange(Guest guest, Path folder) throws IOException, InterruptedException {
        String to = address(index, 2);
        Path sent = folder.resolve("sent" + index);
        Path echoed = folder.resolve("echoed" + index);
        byte[] content = new byte[BYTES];
        new Random(index).nextBytes(content);
        Files.write(sent, content);
        try (FileReceiver receiver = FileReceiver.listen(namespace, 9001, echoed)) {
            guest.await("eth" + index + " waits for a file");
            namespace.run("ping", "-c", "3", "-A", "-W", "10", to);
            namespace.run("socat", "-u", "OPEN:" + sent, "TCP:" + to + ":9000,retry=100,interval=0.1");
            receiver.await();
        }
        assertThat(Files.mismatch(sent, echoed)).isEqualTo(-1);
        assertThat(guest.output()).contains("the host answers eth" + index, "eth" + index + " is at " + mac(index));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        namespace.close();
    }
}
