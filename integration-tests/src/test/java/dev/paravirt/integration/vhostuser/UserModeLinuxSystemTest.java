// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole system at work: the stock drivers of disk, network and console on our devices, all at the same time. */
@Timeout(120)
@SuppressWarnings("try") // Only the timeout interrupts it.
class UserModeLinuxSystemTest {
    private static final long SIZE = 64 << 20;
    private static final List<String> MODULES =
            List.of("failover", "net_failover", "virtio_net", "virtio_blk", "virtio_console");
    private static final String PASSWORD = "wonderland";

    /** Two may log in, one after the other. */
    private static final String LOGIN = """
            mkdir -p /etc && hostname guest
            echo "alice:$(mkpasswd -m sha512 PASSWORD):1000:1000::/:/bin/sh" > /etc/passwd
            (for visit in 1 2; do getty 0 hvc0 vt100; done) &
            """.replace("PASSWORD", PASSWORD);

    private static final String NETWORK = "(\n" + HostNetwork.script(0) + ") &\n";

    /** The libraries of fio ask for more memory than they use. */
    private static final String FIO = """
            echo 1 > /proc/sys/vm/overcommit_memory
            mount -t ext4 /dev/vda /mnt
            fio --name=fio --directory=/mnt --size=16m --rw=randrw --bsrange=512-16k --direct=1 \
            --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 && echo fio has verified what it wrote
            umount /mnt
            """;

    private static final String SCRIPT =
            LOGIN + NETWORK + Disk.foundScript("vda") + Disk.script("vda") + FIO + "wait\n";

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "packed ring: {0}, event index: {1}")
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void worksOnDiskNetworkAndConsole(boolean packed, boolean eventIndex) throws IOException, InterruptedException {
        FeatureBits all = VhostUserOptions.FEATURES;
        FeatureBits ring = packed ? all : all.without(Features.RING_PACKED);
        FeatureBits features = eventIndex ? ring : ring.without(Features.EVENT_IDX);
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"), UserModeLinux.modules(), MODULES, List.of("mkfs.ext4", "fio"), SCRIPT);
        Disk image = Disk.createFilled(folder.resolve("image"), SIZE);
        Path terminal = folder.resolve("terminal");
        String printed;
        try (HostNetwork network = HostNetwork.create(0);
                VhostUserServer disk = serve("disk", image.device(1), features);
                VhostUserServer net =
                        serve("net", new NetDevice(network.wire(), new NetOptions(HostNetwork.mac(0))), features);
                VhostUserServer console = serve("console", new ConsoleDevice(Terminal.listen(terminal)), features);
                UserModeLinux guest = UserModeLinux.boot(folder, root, sockets());
                Terminal user = Terminal.connect(terminal)) {
            network.exchange(guest, folder);
            workAs(user, "alice");
            for (VhostUserServer server : List.of(disk, net, console)) {
                FeatureBits accepted = server.session().driverFeatures();
                assertThat(accepted.has(Features.RING_PACKED)).isEqualTo(packed);
                assertThat(accepted.has(Features.EVENT_IDX)).isEqualTo(eventIndex);
            }
            workAs(user, "alice");
            printed = guest.awaitEnd();
        }
        assertThat(printed).contains("fio has verified what it wrote", "the script has ended");
        Disk.checkFound(printed, "vda");
        image.check(printed, "vda", folder);
    }

    private VhostUserServer serve(String socket, VirtioDevice device, FeatureBits features) throws IOException {
        return VhostUserServer.listen(folder.resolve(socket), device, new VhostUserOptions(features, 1, false));
    }

    private Map<Path, Integer> sockets() {
        return Map.of(
                folder.resolve("disk"),
                UserModeLinux.BLOCK,
                folder.resolve("net"),
                UserModeLinux.NET,
                folder.resolve("console"),
                UserModeLinux.CONSOLE);
    }

    /** Logs in, has a command run, and leaves. */
    private static void workAs(Terminal user, String name) throws IOException {
        user.await("guest login: ");
        user.type(name + "\n");
        user.await("Password: ");
        user.type(PASSWORD + "\n");
        user.await("$ ");
        user.type("echo $(id -un) is at $(tty)\n");
        user.await(name + " is at /dev/hvc0\r\n");
        user.await("$ ");
        user.type("exit\n");
    }
}
