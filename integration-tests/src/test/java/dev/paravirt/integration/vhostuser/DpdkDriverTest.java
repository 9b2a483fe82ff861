// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.Cable;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.cli.Paravirt;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DPDK's virtio driver in testpmd, which sends back what it receives. Either end is killed meanwhile, and comes back. */
@Timeout(120)
class DpdkDriverTest {
    private static final int FRAMES = 5_000;

    /** Between two processes, through a socket, on processors that are all busy with looking for frames. */
    private static final int FRAMES_OF_A_PROCESS = 500;

    private static final int DEATHS = 2;
    private static final int MTU = 1500;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "packed {0}, in order {1}, mergeable {2}")
    @CsvSource({"0, 0, 0", "0, 1, 1", "1, 0, 1", "1, 1, 0"})
    void theDriverIsKilled(int packed, int inOrder, int mergeable) throws IOException, InterruptedException {
        Path socket = folder.resolve("net");
        Juggler juggler = new Juggler();
        NetOptions options = new NetOptions("02:00:00:00:08:02").queueSize(256).controlInFront(true);
        try (VhostUserServer server =
                VhostUserServer.listen(socket, new NetDevice(juggler, options), new VhostUserOptions())) {
            for (int life = 0; life <= DEATHS; life++) {
                try (TestpmdDriver driver = TestpmdDriver.start(
                        socket, options(packed, inOrder, mergeable), folder.resolve("output" + life))) {
                    driver.sendBack(juggler, FRAMES);
                    FeatureBits chosen = server.session().driverFeatures();
                    assertThat(chosen.has(Features.RING_PACKED)).isEqualTo(packed == 1);
                    assertThat(chosen.has(Features.IN_ORDER)).isEqualTo(inOrder == 1);
                    assertThat(chosen.has(NetFeatures.MRG_RXBUF)).isEqualTo(mergeable == 1);
                }
            }
        }
    }

    /** Here the driver listens. It does not say where its split rings stand when the next process has connected. */
    @ParameterizedTest(name = "packed {0}, in order {1}, mergeable {2}")
    @CsvSource({"0, 0, 0", "0, 1, 1", "1, 0, 1", "1, 1, 0"})
    void theDeviceIsKilled(int packed, int inOrder, int mergeable) throws IOException, InterruptedException {
        Path socket = folder.resolve("net");
        Path network = folder.resolve("network");
        Juggler juggler = new Juggler();
        NetBackend wire = Wire.parse("listen=unix:" + network).open();
        try (Cable _ = Cable.join(juggler, wire, MTU);
                TestpmdDriver driver = TestpmdDriver.start(
                        socket, "server=1," + options(packed, inOrder, mergeable), folder.resolve("output"))) {
            for (int life = 0; life <= DEATHS; life++) {
                try (ChildProcess device = ChildProcess.start(
                        Paravirt.class, "net", "--connect", socket.toString(), "--net", "unix=" + network)) {
                    device.awaitLine("serving ");
                    driver.sendBack(juggler, FRAMES_OF_A_PROCESS);
                    device.kill();
                }
            }
            assertThat(driver.printed().split("reconnection succeeds", -1)).hasSize(1 + DEATHS);
        }
    }

    private static String options(int packed, int inOrder, int mergeable) {
        return "packed_vq=" + packed + ",in_order=" + inOrder + ",mrg_rxbuf=" + mergeable;
    }
}
