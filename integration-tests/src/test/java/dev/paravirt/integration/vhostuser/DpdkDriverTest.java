// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DPDK's virtio driver, which polls, in testpmd, which sends back what it receives; killed and started again meanwhile. */
@Timeout(120)
class DpdkDriverTest {
    private static final String PROGRAM = "dpdk-testpmd";
    private static final String WATCHDOG_SECONDS = "100";
    private static final int FRAMES = 5_000;
    private static final int POLL_MILLIS = 50;

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "packed {0}, in order {1}, mergeable {2}")
    @CsvSource({"0, 0, 0", "0, 1, 1", "1, 0, 1", "1, 1, 0"})
    void sendsBackEveryFrame(int packed, int inOrder, int mergeable) throws IOException, InterruptedException {
        Command.require(PROGRAM, "dpdk-dev");
        Path socket = folder.resolve("net");
        Juggler juggler = new Juggler();
        NetOptions options = new NetOptions("02:00:00:00:08:02").queueSize(256).controlInFront(true);
        String driver = "net_virtio_user0,path=" + socket + ",queues=1,queue_size=256,packed_vq=" + packed
                + ",in_order=" + inOrder + ",mrg_rxbuf=" + mergeable;
        try (VhostUserServer server =
                VhostUserServer.listen(socket, new NetDevice(juggler, options), new VhostUserOptions())) {
            for (int run = 1; run <= 2; run++) {
                Path output = folder.resolve("output" + run);
                Process process = start(driver, output);
                try {
                    long goal = juggler.caught() + FRAMES;
                    while (juggler.caught() < goal && juggler.wrong().isEmpty()) {
                        assertThat(process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS))
                                .as(() -> juggler.caught() + " frames; " + printed(output))
                                .isFalse();
                    }
                    FeatureBits chosen = server.session().driverFeatures();
                    assertThat(chosen.has(Features.RING_PACKED)).isEqualTo(packed == 1);
                    assertThat(chosen.has(Features.IN_ORDER)).isEqualTo(inOrder == 1);
                    assertThat(chosen.has(NetFeatures.MRG_RXBUF)).isEqualTo(mergeable == 1);
                } finally {
                    new ProcessBuilder("sh", "-c", "kill -KILL -" + process.pid())
                            .start()
                            .onExit()
                            .join();
                    process.onExit().join();
                }
            }
        }
        assertThat(juggler.wrong()).isEmpty();
    }

    private static String printed(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static Process start(String driver, Path output) throws IOException {
        List<String> command = new ArrayList<>(List.of("timeout", "--signal=KILL", WATCHDOG_SECONDS, PROGRAM));
        command.addAll(List.of("-l", "0,1", "--no-pci", "--no-huge", "-m", "256", "--no-telemetry"));
        command.addAll(
                List.of("--file-prefix", "paravirt-" + ProcessHandle.current().pid(), "--vdev", driver));
        command.addAll(List.of("--", "--total-num-mbufs=4096", "--txd=256", "--rxd=256", "--no-mlockall"));
        command.addAll(List.of("--forward-mode=macswap", "--auto-start", "--tx-first", "--stats-period", "1"));
        return new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }
}
