// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.TapBackend;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The toy OS on the bridge of the container engine, by a TAP device of the host: it reaches a container at the address that
 * the engine gave it.
 */
@Timeout(200)
class BridgePeerTest {
    private static final String TAP = "paravirt" + ProcessHandle.current().pid() % 1_000_000;
    private static final int LARGE = 100_000_000;

    @Test
    void exchangesFilesWithAContainerOnTheEnginesBridge() throws Exception {
        Engine.requirePrivileges();
        try (LinuxPeer peer = new LinuxPeer()) {
            peer.start();
            peer.run("head -c " + LARGE + " /dev/urandom >/srv/large");
            String prefix =
                    peer.bridgeAddress().substring(0, peer.bridgeAddress().lastIndexOf('.') + 1);
            try (ToyOsGuest guest = ToyOsGuest.start(
                    plugged(peer.bridgeName()),
                    "net=" + prefix + "222/" + peer.bridgePrefixLength(),
                    "ping " + peer.bridgeAddress() + " -c 3 -i 1",
                    "httpget http://" + peer.bridgeAddress() + "/large -o /large -r 60",
                    "sha256 /large",
                    "write /out 20000000 5",
                    "sha256 /out",
                    "httpd / 80 -n 1")) {
                guest.awaitText("serving / on port 80");
                peer.run("curl -sSf http://" + prefix + "222/out >/tmp/out");
                assertThat(guest.await()).as("%s", guest.lines()).isZero();
                assertThat(guest.sha256("/large")).isEqualTo(peer.sha256("/srv/large"));
                assertThat(guest.sha256("/out")).isEqualTo(peer.sha256("/tmp/out"));
            }
        }
    }

    /** A card whose TAP device is a port of the bridge; the device goes with the card. */
    private static NetDevice plugged(String bridge) throws IOException, InterruptedException {
        NetDevice card = new NetDevice(TapBackend.open(TAP), new NetOptions("02:00:00:00:02:22"));
        Process ip = new ProcessBuilder("ip", "link", "set", TAP, "master", bridge, "up")
                .inheritIO()
                .start();
        assertThat(ip.waitFor()).isZero();
        return card;
    }
}
