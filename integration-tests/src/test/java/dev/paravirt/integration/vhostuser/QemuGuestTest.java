// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest of QEMU's, which hands its rings on: its firmware looks at our disks first, then Linux uses them. */
@Timeout(200)
class QemuGuestTest {
    private static final long SIZE = 32 << 20;
    static final List<String> MODULES = List.of(
            "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk");

    private static final String CHECKS = """
            for disk in vda vdb; do
              echo $disk has features $(cat /sys/block/$disk/device/features)
              echo $disk has $(ls /sys/block/$disk/mq | wc -l) queues, $(cat /sys/block/$disk/queue/write_cache)
            done
            """;

    private static final String RESIZE = """
            echo write through > /sys/block/vda/cache_type
            echo vda is $(cat /sys/block/vda/cache_type) now
            echo waiting for another size
            while [ $(cat /sys/block/vda/size) = 65536 ]; do usleep 100000; done
            echo vda has $(cat /sys/block/vda/size) sectors
            """;

    @TempDir
    private Path folder;

    @Test
    void twoDisksWithFileSystems() throws IOException, InterruptedException {
        Path kernel = QemuGuest.kernel();
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"),
                kernel.resolve("lib/modules"),
                MODULES,
                List.of("mkfs.ext4"),
                CHECKS + Disk.script("vda") + Disk.script("vdb") + RESIZE);
        Disk split = Disk.create(folder.resolve("split.img"), SIZE);
        Disk packed = Disk.create(folder.resolve("packed.img"), SIZE);
        BlockDevice resized = split.device(2);
        VhostUserOptions twoWorkers = new VhostUserOptions(VhostUserOptions.FEATURES, 2, false);
        String printed;
        try (VhostUserServer first = VhostUserServer.listen(folder.resolve("a"), resized, twoWorkers);
                VhostUserServer second =
                        VhostUserServer.listen(folder.resolve("b"), packed.device(1), new VhostUserOptions());
                QemuGuest guest = QemuGuest.boot(folder, kernel, root, devices())) {
            guest.await("waiting for another size");
            FeatureBits onSplit = first.session().driverFeatures();
            FeatureBits onPacked = second.session().driverFeatures();
            assertThat(onSplit.has(Features.RING_PACKED)).as(guest.output()).isFalse();
            assertThat(onPacked.has(Features.RING_PACKED))
                    .as(onPacked + " " + guest.output())
                    .isTrue();
            resized.resize(SIZE + (4 << 20));
            printed = guest.awaitEnd();
        }
        assertThat(printed)
                .contains("vda has 2 queues, write back", "vdb has 1 queues, write back")
                .contains("vda is write through now", "vda has 73728 sectors", "the script has ended");
        split.check(printed, "vda", folder);
        packed.check(printed, "vdb", folder);
    }

    private List<String> devices() {
        return List.of(
                "-chardev",
                "socket,id=a,path=" + folder.resolve("a"),
                "-device",
                "vhost-user-blk-pci,chardev=a,num-queues=2,config-wce=on",
                "-chardev",
                "socket,id=b,path=" + folder.resolve("b"),
                "-device",
                "vhost-user-blk-pci,chardev=b,num-queues=1,packed=on");
    }
}
