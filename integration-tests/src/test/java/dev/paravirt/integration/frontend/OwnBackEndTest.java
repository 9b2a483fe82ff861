// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.StreamEnd;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.integration.net.EchoBackend;
import dev.paravirt.integration.net.NetFrames;
import dev.paravirt.integration.net.NetTraffic;
import dev.paravirt.integration.qemu.Traffic;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both roles of vhost-user are ours: all three devices, split and packed. */
@Timeout(120)
class OwnBackEndTest {
    private static final int DISK = 16 << 20;
    private static final int REQUESTS = 4_000;
    private static final int DEPTH = 24;
    private static final int FRAMES = 2_500;
    private static final int BYTES = 1 << 20;
    private static final int DEATHS = 3;
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @TempDir
    private Path folder;

    private VhostUserServer serve(VirtioDevice device) throws IOException {
        return VhostUserServer.listen(folder.resolve("socket"), device, new VhostUserOptions());
    }

    private VhostUserDevice connect(int deviceType) throws IOException {
        return VhostUserDevice.connect(deviceType, folder.resolve("socket"), FrontEndOptions.DEFAULT);
    }

    private static FeatureBits rings(FeatureBits features, boolean packed) {
        return packed ? features.with(Features.RING_PACKED) : features.without(Features.RING_PACKED);
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void block(boolean packed) throws Exception {
        byte[] expected = new byte[DISK];
        BlockDriverOptions options =
                BlockDriverOptions.DEFAULT.withFeatures(rings(BlockDriverOptions.ALL_FEATURES, packed));
        try (VhostUserServer server = serve(new BlockDevice(new MemoryImage(DISK), new BlockOptions()));
                VhostUserDevice device = connect(DeviceType.BLOCK)) {
            BlockDriver disk = BlockDriver.start(device.transport(), device.platform(), options);
            assertThat(server.session().driverFeatures().has(Features.RING_PACKED))
                    .isEqualTo(packed);
            Traffic traffic = new Traffic(device.platform(), disk, expected, 1, DEPTH);
            Random random = new Random(DISK);
            for (int request = 0; request < REQUESTS; request++) {
                traffic.submit(0, random);
            }
            traffic.finish();
            assertThat(traffic.completed()).isEqualTo(REQUESTS);
            disk.stop();
            assertThat(device.losses()).isZero();
        }
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void network(boolean packed) throws Exception {
        NetDriverOptions options = NetDriverOptions.DEFAULT.withFeatures(rings(NetDriverOptions.ALL_FEATURES, packed));
        byte[] own = NetFrames.station(1);
        try (VhostUserServer server = serve(new NetDevice(new EchoBackend(), new NetOptions(NetFrames.text(own))));
                VhostUserDevice device = connect(DeviceType.NETWORK)) {
            NetDriver card = NetDriver.start(device.transport(), device.platform(), options);
            assertThat(server.session().driverFeatures().has(Features.RING_PACKED))
                    .isEqualTo(packed);
            byte[] mac = new byte[own.length];
            assertThat(card.mac(mac)).isTrue();
            assertThat(mac).isEqualTo(own);
            new NetTraffic(card, 0, own, NetFrames.station(2), card.receiveBuffers() / 4).echo(FRAMES);
            card.stop();
            assertThat(device.losses()).isZero();
        }
    }

    /** Frames that are under way may get lost, as on any network; the driver has nothing to do with it. */
    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void networkWhoseBackEndIsKilled(boolean packed) throws Exception {
        NetDriverOptions options = NetDriverOptions.DEFAULT.withFeatures(rings(NetDriverOptions.ALL_FEATURES, packed));
        byte[] own = NetFrames.station(1);
        ChildProcess process = echoing(own);
        try (VhostUserDevice device = connect(DeviceType.NETWORK)) {
            NetDriver card = NetDriver.start(device.transport(), device.platform(), options);
            NetTraffic traffic = new NetTraffic(card, 0, own, NetFrames.station(2), card.receiveBuffers() / 4);
            for (int death = 1; death <= DEATHS; death++) {
                traffic.echoWithLosses(FRAMES);
                process.kill();
                process = echoing(own);
                traffic.echoWithLosses(FRAMES);
                assertThat(device.losses()).isEqualTo(death);
            }
            assertThat(card.resets()).isZero();
            card.stop();
        } finally {
            process.kill();
        }
    }

    private ChildProcess echoing(byte[] address) throws IOException {
        ChildProcess process = ChildProcess.start(
                EchoingBackEnd.class, folder.resolve("socket").toString(), NetFrames.text(address));
        assertThat(process.line()).isEqualTo("listening");
        return process;
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void console(boolean packed) throws Exception {
        ConsoleDriverOptions options =
                ConsoleDriverOptions.DEFAULT.withFeatures(rings(ConsoleDriverOptions.ALL_FEATURES, packed));
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        byte[] bytes = new byte[BYTES];
        new Random(BYTES).nextBytes(bytes);
        try (VhostUserServer server = serve(new ConsoleDevice(new StreamEnd(written), 80, 25));
                VhostUserDevice device = connect(DeviceType.CONSOLE)) {
            ConsoleDriver console = ConsoleDriver.start(device.transport(), device.platform(), options);
            assertThat(server.session().driverFeatures().has(Features.RING_PACKED))
                    .isEqualTo(packed);
            int at = 0;
            while (at < bytes.length) {
                int count = console.write(bytes, at, bytes.length - at);
                at += count;
                assertThat(count > 0 || console.awaitRoom(PATIENCE_NANOS)).isTrue();
            }
            assertThat(console.awaitFlushed(PATIENCE_NANOS)).isTrue();
            console.stop();
            assertThat(device.losses()).isZero();
        }
        assertThat(written.toByteArray()).isEqualTo(bytes);
    }
}
