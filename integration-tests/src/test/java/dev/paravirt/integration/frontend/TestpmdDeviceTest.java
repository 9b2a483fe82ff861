// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.net.NetFrames;
import dev.paravirt.integration.net.NetTraffic;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our network driver on DPDK's vhost device in testpmd, which sends back what it gets; killed and started again. */
// Who polls does not hear of an interruption.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TestpmdDeviceTest {
    private static final int FRAMES = 5_000;
    private static final int DEATHS = 5;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "packed {0}, in order {1}, mergeable {2}")
    @CsvSource({"false, false, false", "false, true, true", "true, false, true", "true, true, false"})
    void sendsBackEveryFrame(boolean packed, boolean inOrder, boolean mergeable) throws Exception {
        byte[] own = NetFrames.station(1);
        byte[] peer = NetFrames.station(2);
        FeatureBits features = without(NetDriverOptions.DEFAULT_FEATURES, packed, Features.RING_PACKED);
        features = without(features, inOrder, Features.IN_ORDER);
        features = without(features, mergeable, NetFeatures.MRG_RXBUF);
        Path socket = folder.resolve("net");
        BackEndProgram testpmd = BackEndProgram.testpmd(socket);
        try (VhostUserDevice device =
                VhostUserDevice.connect(DeviceType.NETWORK, socket, FrontEndOptions.DEFAULT.withMac(own))) {
            NetDriver card = NetDriver.start(
                    device.transport(),
                    device.platform(),
                    NetDriverOptions.DEFAULT.withFeatures(features).withPairs(1, 256));
            assertThat(card.features().has(Features.RING_PACKED)).isEqualTo(packed);
            assertThat(card.features().has(Features.IN_ORDER)).isEqualTo(inOrder);
            assertThat(card.features().has(NetFeatures.MRG_RXBUF)).isEqualTo(mergeable);
            NetTraffic traffic = new NetTraffic(card, 0, own, peer, 32);
            // Frames that come before testpmd forwards are dropped by it, so these may be lost.
            traffic.echoWithLosses(FRAMES);
            testpmd.kill();
            testpmd = BackEndProgram.testpmd(socket);
            traffic.echoWithLosses(FRAMES);
            assertThat(device.losses()).isEqualTo(1);
            assertThat(card.resets()).isEqualTo(1);
            card.stop();
        } finally {
            testpmd.close();
        }
    }

    /** It notices as well, and goes on more often than it would reset a device that moves no frame. */
    @Test
    void goesOnUnderADriverThatPolls() throws Exception {
        byte[] own = NetFrames.station(1);
        Path socket = folder.resolve("net");
        BackEndProgram testpmd = BackEndProgram.testpmd(socket);
        try (VhostUserDevice device =
                VhostUserDevice.connect(DeviceType.NETWORK, socket, FrontEndOptions.DEFAULT.withMac(own))) {
            NetDriver card =
                    NetDriver.start(device.transport(), device.platform(), NetDriverOptions.DEFAULT.withPairs(1, 256));
            NetTraffic traffic = new NetTraffic(card, 0, own, NetFrames.station(2), 32);
            traffic.poll();
            traffic.echoWithLosses(FRAMES);
            testpmd.kill();
            testpmd = BackEndProgram.testpmd(socket);
            traffic.echoWithLosses(FRAMES);
            ReceivedFrame[] burst = new ReceivedFrame[32];
            for (int death = 2; death <= DEATHS; death++) {
                testpmd.kill();
                testpmd = BackEndProgram.testpmd(socket);
                while (card.resets() < death) {
                    int count = card.receive(0, burst);
                    for (int frame = 0; frame < count; frame++) {
                        card.release(burst[frame]);
                    }
                }
            }
            traffic.echoWithLosses(FRAMES);
            assertThat(device.losses()).isEqualTo(DEATHS);
            assertThat(card.resets()).isEqualTo(DEATHS);
            card.stop();
        } finally {
            testpmd.close();
        }
    }

    private static FeatureBits without(FeatureBits features, boolean wanted, int bit) {
        return wanted ? features.with(bit) : features.without(bit);
    }
}
