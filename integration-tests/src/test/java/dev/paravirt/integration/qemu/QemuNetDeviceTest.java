// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.net.NetFrames;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our network driver with QEMU's virtio-net device, whose network is a datagram socket of the test. */
@Timeout(120)
class QemuNetDeviceTest {
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final byte[] OWN = NetFrames.station(1);
    private static final byte[] PEER = NetFrames.station(2);
    private static final byte[] OTHER = NetFrames.station(3);
    private static final byte[] GROUP = {1, 0, 0x5e, 0, 0, 9};

    @TempDir
    private Path folder;

    private DatagramChannel network;
    private SocketAddress ofQemu;
    private final ByteBuffer datagram = ByteBuffer.allocate(70_000);
    private final ReceivedFrame[] burst = new ReceivedFrame[1];
    private int number;

    @BeforeAll
    static void requireQemu() {
        Qemu.require();
    }

    @BeforeEach
    void openNetwork() throws IOException {
        network = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (DatagramChannel free =
                DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            ofQemu = free.getLocalAddress();
        }
    }

    @AfterEach
    void closeNetwork() throws IOException {
        network.close();
    }

    private static int port(SocketAddress address) {
        return ((InetSocketAddress) address).getPort();
    }

    private QemuMachine start(String deviceOptions) throws IOException, InterruptedException {
        String local = "local.type=inet,local.host=127.0.0.1,local.port=" + port(ofQemu);
        String remote = "remote.type=inet,remote.host=127.0.0.1,remote.port=" + port(network.getLocalAddress());
        return new QemuMicrovm(
                folder,
                "-netdev",
                "dgram,id=network," + local + "," + remote,
                "-qmp",
                "unix:" + folder.resolve("monitor") + ",server=on,wait=off",
                "-device",
                "virtio-net-device,netdev=network,mac=" + NetFrames.text(OWN) + deviceOptions);
    }

    private static NetDriver drive(QemuMachine qemu, NetDriverOptions options) throws DeviceException {
        int line = qemu.line(DeviceType.NETWORK);
        return NetDriver.start(qemu.open(DeviceType.NETWORK), qemu, options.withLines(line, 1));
    }

    private static void send(NetDriver driver, byte[] frame) {
        OutgoingFrame buffer = driver.take(0);
        while (buffer == null) {
            driver.kick(0);
            assertThat(driver.awaitTransmit(0, PATIENCE_NANOS)).isTrue();
            buffer = driver.take(0);
        }
        driver.send(buffer.put(frame, 0, frame.length));
    }

    private byte[] fromDriver() throws IOException {
        datagram.clear();
        network.receive(datagram);
        return Arrays.copyOf(datagram.array(), datagram.position());
    }

    private void toDriver(byte[] frame) throws IOException {
        network.send(ByteBuffer.wrap(frame), ofQemu);
    }

    private byte[] receive(NetDriver driver) {
        assertThat(driver.awaitReceive(0, PATIENCE_NANOS)).isTrue();
        assertThat(driver.receive(0, burst)).isEqualTo(1);
        byte[] frame = NetFrames.bytes(burst[0]);
        driver.release(burst[0]);
        return frame;
    }

    /** Frames of all sizes, some under way at once, first one way, then the other. */
    private void exchange(NetDriver driver, int frames) throws IOException {
        int batch = 8;
        for (int first = 0; first < frames; first += batch) {
            for (int i = first; i < first + batch; i++) {
                send(driver, NetFrames.frame(i, PEER, OWN));
            }
            driver.kick(0);
            for (int i = first; i < first + batch; i++) {
                assertThat(fromDriver()).isEqualTo(NetFrames.frame(i, PEER, OWN));
                toDriver(NetFrames.frame(i, OWN, PEER));
            }
            for (int i = first; i < first + batch; i++) {
                assertThat(receive(driver)).isEqualTo(NetFrames.frame(i, OWN, PEER));
            }
        }
        assertThat(driver.malformed(0)).isZero();
        assertThat(driver.resets()).isZero();
    }

    private static String on(boolean value) {
        return value ? "on" : "off";
    }

    @ParameterizedTest(name = "packed {0}, event index {1}, merged {2}")
    @CsvSource({
        "false, false, false",
        "false, true, false",
        "false, false, true",
        "false, true, true",
        "true, false, false",
        "true, true, false",
        "true, false, true",
        "true, true, true"
    })
    void framesBothWaysInEveryFormat(boolean packed, boolean eventIndex, boolean merged) throws Exception {
        try (QemuMachine qemu =
                start(",packed=" + on(packed) + ",event_idx=" + on(eventIndex) + ",mrg_rxbuf=" + on(merged))) {
            NetDriver driver = drive(qemu, NetDriverOptions.DEFAULT.withReceiveBuffers(64, merged ? 448 : 2048));
            assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(packed);
            assertThat(driver.features().has(Features.EVENT_IDX)).isEqualTo(eventIndex);
            assertThat(driver.features().has(NetFeatures.MRG_RXBUF)).isEqualTo(merged);
            byte[] mac = new byte[6];
            assertThat(driver.mac(mac)).isTrue();
            assertThat(mac).isEqualTo(OWN);
            exchange(driver, 400);
            driver.stop();
        }
    }

    @Test
    void whatTheDeviceSaysOfItself() throws Exception {
        try (QemuMachine qemu = start(",host_mtu=9000,speed=2500,duplex=full")) {
            NetDriver driver = drive(qemu, NetDriverOptions.DEFAULT);
            assertThat(driver.mtu()).isEqualTo(9000);
            assertThat(driver.speed()).isEqualTo(2500);
            assertThat(driver.duplex()).isEqualTo(NetConfig.DUPLEX_FULL);
            assertThat(driver.linkUp()).isTrue();
            byte[] jumbo = NetFrames.frame(1, OWN, PEER, 9014);
            toDriver(jumbo);
            assertThat(receive(driver)).isEqualTo(jumbo);
        }
    }

    private boolean arrives(NetDriver driver, byte[] frame) throws IOException {
        byte[] marker = NetFrames.frame(--number, OWN, PEER, 60);
        toDriver(frame);
        toDriver(marker);
        boolean first = Arrays.equals(receive(driver), frame);
        if (first) {
            assertThat(receive(driver)).isEqualTo(marker);
        }
        return first;
    }

    private boolean arrivesTo(NetDriver driver, byte[] destination) throws IOException {
        return arrives(driver, NetFrames.frame(--number, destination, PEER, 100));
    }

    @ParameterizedTest(name = "packed {0}")
    @CsvSource({"false", "true"})
    void controlCommandsHaveTheirEffect(boolean packed) throws Exception {
        try (QemuMachine qemu = start(",packed=" + on(packed))) {
            NetDriver driver = drive(qemu, NetDriverOptions.DEFAULT);
            driver.setReceiveMode(NetControl.RX_PROMISC, false);
            assertThat(arrivesTo(driver, OTHER)).isFalse();
            assertThat(arrivesTo(driver, GROUP)).isFalse();
            assertThat(arrivesTo(driver, NetFrames.broadcast())).isTrue();
            driver.setMacTable(OTHER, GROUP);
            assertThat(arrivesTo(driver, OTHER)).isTrue();
            assertThat(arrivesTo(driver, GROUP)).isTrue();
            driver.setMacTable(new byte[0], new byte[0]);
            assertThat(arrivesTo(driver, OTHER)).isFalse();
            driver.setReceiveMode(NetControl.RX_ALLMULTI, true);
            assertThat(arrivesTo(driver, GROUP)).isTrue();
            driver.setReceiveMode(NetControl.RX_PROMISC, true);
            assertThat(arrivesTo(driver, OTHER)).isTrue();
            driver.setMac(OTHER);
            driver.setReceiveMode(NetControl.RX_PROMISC, false);
            toDriver(NetFrames.frame(7, OWN, PEER, 80));
            toDriver(NetFrames.frame(8, OTHER, PEER, 80));
            assertThat(receive(driver)).isEqualTo(NetFrames.frame(8, OTHER, PEER, 80));
        }
    }

    @Test
    void theLinkGoesDownAndComesBack() throws Exception {
        try (QemuMachine qemu = start("");
                SocketChannel monitor = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("monitor")))) {
            NetDriver driver = drive(qemu, NetDriverOptions.DEFAULT);
            assertThat(driver.linkUp()).isTrue();
            tell(monitor, "{\"execute\": \"qmp_capabilities\"}");
            tell(monitor, "{\"execute\": \"set_link\", \"arguments\": {\"name\": \"network\", \"up\": false}}");
            awaitLink(driver, false);
            tell(monitor, "{\"execute\": \"set_link\", \"arguments\": {\"name\": \"network\", \"up\": true}}");
            awaitLink(driver, true);
            assertThat(driver.linkChanges()).isEqualTo(2);
            exchange(driver, 16);
        }
    }

    private static void tell(SocketChannel monitor, String command) throws IOException {
        monitor.write(ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII)));
    }

    private static void awaitLink(NetDriver driver, boolean up) {
        long start = System.nanoTime();
        while (driver.linkUp() != up && System.nanoTime() - start < PATIENCE_NANOS) {
            driver.awaitReceive(0, 100_000_000);
        }
        assertThat(driver.linkUp()).isEqualTo(up);
    }

    @Test
    void startsAnewAfterAReset() throws Exception {
        try (QemuMachine qemu = start(",packed=on")) {
            for (int round = 0; round < 3; round++) {
                NetDriverOptions options = round == 1
                        ? NetDriverOptions.DEFAULT.withFeatures(
                                NetDriverOptions.DEFAULT_FEATURES.without(Features.RING_PACKED))
                        : NetDriverOptions.DEFAULT;
                NetDriver driver = drive(qemu, options);
                exchange(driver, 40);
                driver.stop();
            }
        }
    }
}
