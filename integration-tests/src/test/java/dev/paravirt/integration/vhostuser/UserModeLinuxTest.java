// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The stock drivers of Linux, in a guest of its own, on our devices. */
@Timeout(120)
class UserModeLinuxTest {
    private static final long SIZE = 32 << 20;

    private static final String FEATURES = """
            for device in /sys/bus/virtio/devices/*; do
              echo device $(cat $device/device) has features $(cat $device/features)
            done
            """;

    /** A shell on the console; this script goes on when it has ended. */
    private static final String SHELL = """
            echo the console is ready
            setsid sh -c 'exec sh -i < /dev/hvc0 > /dev/hvc0 2>&1'
            """;

    /** Linux takes the size of a console's only port from the first change of it. */
    private static final String AWAIT_SIZE =
            "echo looking; until [ \"$(stty size)\" = '50 132' ]; do usleep 20000; done; echo size $((50 * 132))\n";

    private static final String DISK_GOES_AWAY = """
            echo the disk has $(cat /sys/block/vda/size) sectors
            dd if=/dev/vda of=/dev/null bs=4096 count=10 2>/dev/null && echo it can be read
            while [ -e /sys/block/vda ]; do usleep 50000; done
            echo the disk is gone
            """;

    @TempDir
    private Path folder;

    static Stream<Arguments> rings() {
        FeatureBits all = VhostUserOptions.FEATURES;
        return Stream.of(
                Arguments.of("split, event index", all.without(Features.RING_PACKED), false),
                Arguments.of("packed, event index", all, false),
                Arguments.of("split, notified by message", FeatureBits.of(Features.VERSION_1), true),
                Arguments.of("packed", FeatureBits.of(Features.VERSION_1, Features.RING_PACKED), false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rings")
    void diskAndConsole(String name, FeatureBits features, boolean inBand) throws IOException, InterruptedException {
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"),
                UserModeLinux.modules(),
                List.of("virtio_blk", "virtio_console"),
                List.of("mkfs.ext4"),
                FEATURES + Disk.script("vda") + SHELL);
        Disk disk = Disk.create(folder.resolve("image"), SIZE);
        Path terminal = folder.resolve("terminal");
        ConsoleDevice console = new ConsoleDevice(Terminal.listen(terminal), 80, 25);
        VhostUserOptions options = new VhostUserOptions(features, 1, inBand);
        String printed;
        try (VhostUserServer disks = VhostUserServer.listen(folder.resolve("disk"), disk.device(1), options);
                VhostUserServer consoles = VhostUserServer.listen(folder.resolve("console"), console, options);
                UserModeLinux guest = UserModeLinux.boot(
                        folder,
                        root,
                        Map.of(
                                folder.resolve("disk"),
                                UserModeLinux.BLOCK,
                                folder.resolve("console"),
                                UserModeLinux.CONSOLE));
                Terminal user = Terminal.connect(terminal)) {
            guest.await("the console is ready");
            user.await("# ");
            user.type("echo $((6 * 7)) | sha256sum\n");
            user.await("084c799cd551dd1d8d5c5f9a5d593b2e931f5e36122ee5c793c1d08a19839cc0");
            if (!inBand) {
                // Where all goes by message, Linux 6.1 does not take a change up.
                user.type(AWAIT_SIZE);
                user.await("looking\r\n");
                console.resize(132, 50);
                user.await("size 6600");
            }
            user.type("exit\n");
            assertThat(disks.session().counters(0).requests()).isPositive();
            assertThat(consoles.session().counters(0).requests()).isPositive();
            printed = guest.awaitEnd();
        }
        assertThat(printed).contains("the script has ended");
        List<String> bits =
                printed.lines().filter(line -> line.contains(" has features ")).toList();
        assertThat(bits).hasSize(2).allSatisfy(line -> {
            String set = line.substring(line.lastIndexOf(' ') + 1);
            for (int bit : List.of(Features.VERSION_1, Features.RING_PACKED, Features.EVENT_IDX)) {
                assertThat(set.charAt(bit)).as("feature %d", bit).isEqualTo(features.has(bit) ? '1' : '0');
            }
        });
        disk.check(printed, "vda", folder);
    }

    /** The server ends, as the guest uses its disk: the guest loses the disk, and nothing else. */
    @Test
    @SuppressWarnings("try") // It is closed early: that is what is tested.
    void aDiskThatIsPulledOut() throws IOException, InterruptedException {
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"), UserModeLinux.modules(), List.of("virtio_blk"), List.of(), DISK_GOES_AWAY);
        Disk disk = Disk.create(folder.resolve("image"), SIZE);
        Path socket = folder.resolve("disk");
        try (VhostUserServer server = VhostUserServer.listen(socket, disk.device(1), new VhostUserOptions());
                UserModeLinux guest = UserModeLinux.boot(folder, root, Map.of(socket, UserModeLinux.BLOCK))) {
            guest.await("it can be read");
            server.close();
            assertThat(guest.awaitEnd()).contains("the disk is gone", "the script has ended");
        }
    }
}
