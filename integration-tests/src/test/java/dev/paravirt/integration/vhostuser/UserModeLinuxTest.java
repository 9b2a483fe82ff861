// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The stock drivers of Linux, in a guest of its own, on our devices. */
@Timeout(150)
class UserModeLinuxTest {
    private static final List<String> BLOCK_MODULES = List.of("virtio_blk");

    private static final String FILE_SYSTEM = """
            cat /sys/bus/virtio/devices/virtio0/features > /features
            mkfs.ext4 -q -F /dev/vda || exit
            mount -t ext4 /dev/vda /mnt
            for i in 1 2 3 4 5 6 7 8; do
              dd if=/dev/urandom of=/mnt/file$i bs=50021 count=$((i * 5)) 2>/dev/null
            done
            mkdir /mnt/folder && cp /mnt/file3 /mnt/folder/copy && rm /mnt/file2
            cd /mnt && find . -type f | sort | xargs sha256sum > /written && cd /
            umount /mnt && echo 3 > /proc/sys/vm/drop_caches
            mount -t ext4 -o ro /dev/vda /mnt
            cd /mnt && find . -type f | sort | xargs sha256sum > /read && cd /
            umount /mnt
            """;

    @TempDir
    private Path folder;

    static Stream<Arguments> rings() {
        FeatureBits all = VhostUserOptions.FEATURES;
        return Stream.of(
                Arguments.of("split", all.without(Features.RING_PACKED), false),
                Arguments.of("packed", all, false),
                Arguments.of("plain split", FeatureBits.of(Features.VERSION_1), false),
                Arguments.of("plain packed, notified by message", FeatureBits.of(Features.VERSION_1, Features.RING_PACKED), true));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rings")
    void makesAFileSystem(String name, FeatureBits features, boolean inBand) throws IOException, InterruptedException {
        Path modules = UserModeLinux.modules();
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"), modules, BLOCK_MODULES, List.of("mkfs.ext4"), FILE_SYSTEM);
        Path image = folder.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(48 << 20);
        }
        Path socket = folder.resolve("socket");
        String printed;
        try (VhostUserServer server = VhostUserServer.listen(
                        socket,
                        new BlockDevice(BlockImage.open(image, false), new BlockOptions()),
                        new VhostUserOptions(features, 1, inBand));
                UserModeLinux guest = UserModeLinux.boot(folder, root, Map.of(socket, UserModeLinux.BLOCK))) {
            printed = guest.awaitEnd();
            assertThat(server.session().counters(0).requests()).as(printed).isPositive();
        }
        assertThat(printed).contains("the script has ended");
        String bits = Files.readString(root.folder().resolve("features"));
        for (int bit : List.of(Features.VERSION_1, Features.RING_PACKED, Features.EVENT_IDX)) {
            assertThat(bits.charAt(bit)).as("feature %d", bit).isEqualTo(features.has(bit) ? '1' : '0');
        }
        assertThat(root.folder().resolve("read")).hasSameTextualContentAs(root.folder().resolve("written"));
        checkOnTheHost(image, Files.readAllLines(root.folder().resolve("written")));
    }

    /** Checks with programs of the host's: the file system is clean, and its files are those that the guest wrote. */
    private void checkOnTheHost(Path image, List<String> sums) throws IOException, InterruptedException {
        Command.run(folder, "fsck.ext4", "-fn", image.toString()).expectSuccess();
        Path files = Files.createDirectory(folder.resolve("files"));
        Command.run(folder, "debugfs", "-R", "rdump / " + files, image.toString()).expectSuccess();
        assertThat(sums).hasSize(8);
        Path list = Files.write(folder.resolve("sums"), sums);
        Command.run(files, "sha256sum", "-c", list.toString()).expectSuccess();
    }
}
