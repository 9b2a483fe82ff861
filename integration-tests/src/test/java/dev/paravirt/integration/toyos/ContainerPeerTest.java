// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.Cable;
import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.UdpBackend;
import dev.paravirt.backend.net.wire.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The toy OS and a network stack that nobody here wrote, in a container; each frame between them is a datagram. */
@Timeout(200)
class ContainerPeerTest {
    private static final int[] SIZES = {0, 1, 535, 1459, 1460, 1461, 65_536, 1_000_003, 100_000_000};

    /** What networks do to frames at their worst, and no delay that makes a test long. */
    private static final String FAULTS = ",loss=0.01,reorder=0.05,delay=50ms";

    private static final int GUESTS = 4;

    private LinuxPeer peer;

    @BeforeAll
    static void requireEngine() {
        Engine.require();
    }

    @BeforeEach
    void startPeer() {
        peer = new LinuxPeer();
        peer.start();
    }

    @AfterEach
    void stopPeer() {
        peer.close();
    }

    private static NetDevice card(NetBackend network) {
        return new NetDevice(network, new NetOptions("02:00:00:00:00:07"));
    }

    private ToyOsGuest boot(String faults, String... words) throws Exception {
        String wire = "udp=" + peer.frames().getAddress().getHostAddress() + ":"
                + peer.frames().getPort() + faults;
        return ToyOsGuest.start(card(Wire.parse(wire).open()), words);
    }

    @Test
    void getsAnAddressAndNamesAndEchoes() throws Exception {
        try (ToyOsGuest guest = boot("", "net=dhcp", "ping 198.18.9.1 -c 5 -i 1", "resolve files.test", "ifconfig")) {
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
            assertThat(guest.lines()).anyMatch(line -> line.matches(" *198\\.18\\.9\\.[5-9][0-9]/24 by DHCP.*"));
            assertThat(guest.lines()).anyMatch(line -> line.endsWith("5 sent, 5 received, 0 % lost"));
            assertThat(guest.lines()).contains(LinuxPeer.ADDRESS);
            // At the end the lease is given back.
            assertThat(peer.run("cat /tmp/dnsmasq.log"))
                    .containsSubsequence("DHCPDISCOVER", "DHCPREQUEST", "DHCPACK", "DHCPRELEASE")
                    .doesNotContain("DHCPNAK");
            assertThat(peer.run("cat /tmp/leases")).doesNotContain("02:00:00:00:00:07");
        }
    }

    @Test
    void fetchesFilesOfAllSizes() throws Exception {
        List<String> script = new ArrayList<>(List.of("net=dhcp"));
        for (int size : SIZES) {
            peer.run("head -c " + size + " /dev/urandom >/srv/" + size);
            script.add("httpget http://files.test/" + size + " -o /" + size + " -r 20");
            script.add("sha256 /" + size);
        }
        try (ToyOsGuest guest = boot("", script.toArray(String[]::new))) {
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
            for (int size : SIZES) {
                assertThat(guest.sha256("/" + size)).as("%d bytes", size).isEqualTo(peer.sha256("/srv/" + size));
            }
        }
    }

    @Test
    void servesFilesToCurl() throws Exception {
        try (ToyOsGuest guest = boot(
                "",
                "net=198.18.9.20/24",
                "write /large 20000000 7",
                "write /empty 0 1",
                "sha256 /large",
                "ping 198.18.9.1 -c 1",
                "httpd / 8080 -n 4")) {
            guest.awaitText("serving / on port 8080");
            String url = "http://198.18.9.20:8080";
            peer.run("curl -sSf " + url + "/large >/tmp/large && curl -sSf " + url + "/empty >/tmp/empty");
            assertThat(peer.sha256("/tmp/large")).isEqualTo(guest.sha256("/large"));
            assertThat(peer.run("stat -c %s /tmp/empty")).isEqualTo("0\n");
            assertThat(peer.run("curl -s -o /dev/null -w '%{http_code}' " + url + "/absent"))
                    .isEqualTo("404");
            assertThat(peer.run("curl -sS --path-as-is -o /dev/null -w '%{http_code}' " + url + "/../../etc/passwd"))
                    .startsWith("4");
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
        }
    }

    @Test
    void measuresThroughputWithIperf3BothWays() throws Exception {
        try (ToyOsGuest guest = boot(
                "",
                "net=198.18.9.20/24",
                "iperf3 -c 198.18.9.1 -t 1 -r 20",
                "iperf3 -c 198.18.9.1 -t 1 -R -r 20",
                "iperf3 -c 198.18.9.1 -t 1 -u -b 20 -r 20",
                "iperf3 -c 198.18.9.1 -t 1 -u -b 20 -R -r 20")) {
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
        }
    }

    @Test
    void deliversEveryByteOverABadNetwork() throws Exception {
        peer.run("head -c 1000000 /dev/urandom >/srv/file");
        try (ToyOsGuest guest = boot(
                FAULTS,
                "net=198.18.9.20/24",
                "httpget http://198.18.9.1/file -o /file -r 20",
                "sha256 /file",
                "write /out 1000000 9",
                "sha256 /out",
                "httpd / 80 -n 1")) {
            guest.awaitText("serving / on port 80");
            peer.run("curl -sSf http://198.18.9.20/out >/tmp/out");
            assertThat(guest.sha256("/file")).isEqualTo(peer.sha256("/srv/file"));
            assertThat(guest.sha256("/out")).isEqualTo(peer.sha256("/tmp/out"));
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
        }
    }

    @Test
    void goesOnWhenThePeerDiesInTheMiddleOfATransfer() throws Exception {
        // So large that it cannot be over before the peer is.
        peer.run("truncate -s 3G /srv/endless");
        try (ToyOsGuest guest = boot(
                "",
                "net=198.18.9.20/24",
                "httpget http://198.18.9.1/endless -o /some -r 20 -W 3",
                "write /still-here 100000 3",
                "sha256 /still-here")) {
            guest.awaitText("endless");
            peer.getDockerClient().killContainerCmd(peer.getContainerId()).exec();
            assertThat(guest.await()).as("%s", guest.lines()).isEqualTo(1);
            assertThat(guest.sha256("/still-here")).hasSize(64);
            assertThat(guest.lines()).contains("httpget: no answer in time: http://198.18.9.1/endless");
        }
    }

    @Test
    void aSmallNetworkOfFourGuestsAndTheContainer() throws Exception {
        peer.run("head -c 30000 /dev/urandom >/srv/file");
        LearningSwitch network = new LearningSwitch();
        List<ToyOsGuest> guests = new ArrayList<>();
        try (Cable cable = Cable.join(network.addPort(), UdpBackend.to(peer.frames(), null), 1500)) {
            assertThat(cable).isNotNull();
            for (int self = 1; self <= GUESTS; self++) {
                NetOptions options = new NetOptions("02:00:00:00:01:0" + self);
                guests.add(ToyOsGuest.start(new NetDevice(network.addPort(), options), scriptOfOne(self)));
            }
            for (int i = 0; i < GUESTS; i++) {
                guests.get(i).awaitText("serving / on port 80");
                peer.run("curl -sSf http://198.18.9.2" + (i + 1) + "/file >/tmp/" + i);
                assertThat(peer.sha256("/tmp/" + i)).isEqualTo(guests.get(i).sha256("/file"));
            }
            for (ToyOsGuest guest : guests) {
                assertThat(guest.await()).as("%s", guest.lines()).isZero();
                assertThat(guest.sha256("/from-peer")).isEqualTo(peer.sha256("/srv/file"));
                for (int other = 1; other <= GUESTS; other++) {
                    if (guest != guests.get(other - 1)) {
                        assertThat(guest.sha256("/from" + other))
                                .isEqualTo(guests.get(other - 1).sha256("/file"));
                    }
                }
            }
        } finally {
            guests.forEach(ToyOsGuest::close);
        }
    }

    /** Serves a file to the three others and to the container, and fetches one of each. */
    private static String[] scriptOfOne(int self) {
        List<String> script = new ArrayList<>();
        script.add("net=198.18.9.2" + self + "/24");
        script.add("write /file 30000 " + self);
        script.add("sha256 /file");
        script.add("httpd / 80 -n " + GUESTS + " &");
        for (int other = 1; other <= GUESTS; other++) {
            if (other != self) {
                script.add("httpget http://198.18.9.2" + other + "/file -o /from" + other + " -r 60");
                script.add("sha256 /from" + other);
            }
        }
        script.add("httpget http://" + LinuxPeer.ADDRESS + "/file -o /from-peer -r 60");
        script.add("sha256 /from-peer");
        script.add("wait");
        return script.toArray(String[]::new);
    }
}
