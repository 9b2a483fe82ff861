// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What our driver asks of our device by control command, by what comes of it; the link; and resets. */
@Timeout(60)
class NetControlTest {
    private static final byte[] OWN = NetFrames.station(1);
    private static final byte[] PEER = NetFrames.station(2);
    private static final byte[] OTHER = NetFrames.station(3);
    private static final byte[] GROUP = {1, 0, 0x5e, 0, 0, 9};
    private static final FeatureBits FEATURES = NetDriverOptions.ALL_FEATURES;

    private final EchoBackend network = new EchoBackend();
    private final NetDevice device = new NetDevice(network, new NetOptions(NetFrames.text(OWN)));
    private final ReceivedFrame[] burst = new ReceivedFrame[1];
    private NetStation station;
    private NetDriver driver;
    private int number;

    @BeforeEach
    void start() throws DeviceException {
        station = NetStation.start(device, NetDriverOptions.DEFAULT.withFeatures(FEATURES));
        driver = station.driver();
        // An echo: then the device has taken its queues over.
        new NetTraffic(driver, 0, OWN, PEER, 1).echo(1);
    }

    @AfterEach
    void stop() throws DeviceException {
        station.close();
    }

    private static byte[] tagged(byte[] frame, int vlan) {
        byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        tagged[12] = (byte) 0x81;
        tagged[14] = (byte) (vlan >> 8);
        tagged[15] = (byte) vlan;
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        return tagged;
    }

    /** Whether a frame gets through: one that does for certain is sent behind it. */
    private boolean arrives(byte[] frame) {
        byte[] marker = NetFrames.frame(--number, currentMac(), PEER, 60);
        assertThat(network.deliver(frame)).isTrue();
        assertThat(network.deliver(marker)).isTrue();
        boolean first = Arrays.equals(next(), frame);
        if (first) {
            assertThat(next()).isEqualTo(marker);
        }
        return first;
    }

    private byte[] currentMac() {
        byte[] mac = new byte[6];
        for (int octet = 0; octet < mac.length; octet++) {
            mac[octet] = (byte) Integer.parseInt(device.mac().substring(3 * octet, 3 * octet + 2), 16);
        }
        return mac;
    }

    private byte[] next() {
        assertThat(driver.awaitReceive(0, 10_000_000_000L)).isTrue();
        assertThat(driver.receive(0, burst)).isEqualTo(1);
        byte[] bytes = NetFrames.bytes(burst[0]);
        driver.release(burst[0]);
        return bytes;
    }

    private boolean arrivesTo(byte[] destination) {
        return arrives(NetFrames.frame(--number, destination, PEER, 100));
    }

    @Test
    void receiveModes() throws DeviceException {
        assertThat(arrivesTo(OWN)).isTrue();
        assertThat(arrivesTo(NetFrames.broadcast())).isTrue();
        assertThat(arrivesTo(OTHER)).isFalse();
        assertThat(arrivesTo(GROUP)).isFalse();
        driver.setReceiveMode(NetControl.RX_ALLMULTI, true);
        assertThat(arrivesTo(GROUP)).isTrue();
        assertThat(arrivesTo(OTHER)).isFalse();
        driver.setReceiveMode(NetControl.RX_PROMISC, true);
        assertThat(arrivesTo(OTHER)).isTrue();
        driver.setReceiveMode(NetControl.RX_PROMISC, false);
        driver.setReceiveMode(NetControl.RX_NOBCAST, true);
        assertThat(arrivesTo(OTHER)).isFalse();
        assertThat(arrivesTo(NetFrames.broadcast())).isFalse();
        assertThat(device.received().filtered()).isEqualTo(5);
    }

    @Test
    void addresses() throws DeviceException {
        driver.setMacTable(OTHER, GROUP);
        assertThat(arrivesTo(OTHER)).isTrue();
        assertThat(arrivesTo(GROUP)).isTrue();
        driver.setMacTable(new byte[0], new byte[0]);
        assertThat(arrivesTo(OTHER)).isFalse();
        assertThat(arrivesTo(GROUP)).isFalse();
        byte[] changed = NetFrames.station(77);
        driver.setMac(changed);
        assertThat(device.mac()).isEqualTo(NetFrames.text(changed));
        assertThat(arrivesTo(OWN)).isFalse();
        assertThat(arrivesTo(changed)).isTrue();
        assertThatThrownBy(() -> driver.setMac(GROUP)).hasMessageContaining("was refused");
        assertThat(arrivesTo(changed)).isTrue();
    }

    @Test
    void vlans() throws DeviceException {
        byte[] frame = NetFrames.frame(--number, OWN, PEER, 100);
        assertThat(arrives(tagged(frame, 5))).isFalse();
        driver.addVlan(5);
        assertThat(arrives(tagged(frame, 5))).isTrue();
        assertThat(arrives(tagged(frame, 6))).isFalse();
        driver.removeVlan(5);
        assertThat(arrives(tagged(frame, 5))).isFalse();
    }

    @Test
    void aResetForgetsNothingThatWasAskedFor() throws DeviceException {
        byte[] changed = NetFrames.station(77);
        driver.setMac(changed);
        driver.setMacTable(OTHER, GROUP);
        driver.setReceiveMode(NetControl.RX_NOBCAST, true);
        driver.addVlan(4095);
        station.session().needsReset("the test wants it");
        driver.interrupted(station.platform().waitForInterrupt(0, -1));
        assertThat(driver.resets()).isEqualTo(1);
        new NetTraffic(driver, 0, changed, PEER, 1).echo(10);
        assertThat(arrivesTo(changed)).isTrue();
        assertThat(arrivesTo(OWN)).isFalse();
        assertThat(arrivesTo(OTHER)).isTrue();
        assertThat(arrivesTo(GROUP)).isTrue();
        assertThat(arrivesTo(NetFrames.broadcast())).isFalse();
        assertThat(arrives(tagged(NetFrames.frame(--number, changed, PEER, 100), 4095)))
                .isTrue();
    }

    @Test
    void theLinkGoesDownAndComesBack() throws DeviceException {
        assertThat(driver.linkUp()).isTrue();
        device.linkUp(false);
        // It waits in vain, but not without noticing.
        assertThat(driver.awaitReceive(0, 50_000_000)).isFalse();
        assertThat(driver.linkUp()).isFalse();
        assertThat(network.deliver(NetFrames.frame(1, OWN, PEER))).isFalse();
        device.linkUp(true);
        driver.interrupted(station.platform().waitForInterrupt(0, -1));
        assertThat(driver.linkUp()).isTrue();
        assertThat(driver.linkChanges()).isEqualTo(2);
        assertThat(arrivesTo(OWN)).isTrue();
    }

    @Test
    void anAnnouncementIsAskedForAndAcknowledged() throws DeviceException {
        assertThat(driver.announcementRequested()).isFalse();
        assertThat(device.announce()).isTrue();
        driver.interrupted(station.platform().waitForInterrupt(0, -1));
        assertThat(driver.announcementRequested()).isTrue();
        driver.acknowledgeAnnouncement();
        assertThat(driver.announcementRequested()).isFalse();
        assertThat(driver.linkUp()).isTrue();
    }

    static IntStream combinations() {
        return IntStream.range(0, NetRings.COMBINATIONS);
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void aDeviceThatAsksForAResetIsStartedOverUnderTraffic(int combination) throws Exception {
        NetDevice troubled = new NetDevice(new EchoBackend(), new NetOptions(NetFrames.text(OWN)));
        try (NetStation victim =
                NetStation.start(troubled, NetRings.options(combination).withRecovery(true, 1000))) {
            AtomicBoolean over = new AtomicBoolean();
            FailingThread saboteur = FailingThread.start(() -> {
                long due = 40;
                while (!over.get()) {
                    if (troubled.sent().packets() >= due) {
                        victim.session().needsReset("the test wants it");
                        due = troubled.sent().packets() + 100;
                    }
                    Thread.onSpinWait();
                }
            });
            NetTraffic traffic = new NetTraffic(victim.driver(), 0, OWN, PEER, NetRings.window(victim.driver()));
            while (victim.driver().failure() == null && victim.driver().resets() < 3) {
                traffic.echoWithLosses(100);
            }
            over.set(true);
            saboteur.join();
            assertThat(victim.driver().failure()).isNull();
            assertThat(victim.driver().malformed(0)).isZero();
        }
    }

    /** The driver has a copy of nothing: a frame that is held while the device is reset is still what it was. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16, 17})
    void heldFramesOutliveAReset(int combination) throws Exception {
        EchoBackend far = new EchoBackend();
        NetDevice other = new NetDevice(far, new NetOptions(NetFrames.text(OWN)));
        try (NetStation holder = NetStation.start(other, NetRings.options(combination))) {
            new NetTraffic(holder.driver(), 0, OWN, PEER, 1).echo(1);
            byte[] kept = NetFrames.frame(5, OWN, PEER, 1500);
            assertThat(far.deliver(kept)).isTrue();
            assertThat(holder.driver().awaitReceive(0, 10_000_000_000L)).isTrue();
            assertThat(holder.driver().receive(0, burst)).isEqualTo(1);
            holder.session().needsReset("the test wants it");
            holder.driver().interrupted(holder.platform().waitForInterrupt(0, -1));
            new NetTraffic(holder.driver(), 0, OWN, PEER, 4).echo(500);
            assertThat(NetFrames.bytes(burst[0])).isEqualTo(kept);
            holder.driver().release(burst[0]);
            new NetTraffic(holder.driver(), 0, OWN, PEER, 4).echo(500);
        }
    }
}
