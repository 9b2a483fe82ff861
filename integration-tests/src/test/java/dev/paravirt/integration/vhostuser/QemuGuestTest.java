// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest of QEMU's, which hands its rings on: its firmware looks at our disks first, then Linux uses them. */
@Timeout(200)
class QemuGuestTest {
    @TempDir
    private Path folder;

    @Test
    void twoDisksWithFileSystems() throws IOException, InterruptedException {
        PcLinux system = PcLinux.make(
                folder,
                List.of("virtio_blk"),
                WatchedDisk.PROGRAMS,
                WatchedDisk.script("vda") + WatchedDisk.script("vdb"));
        try (WatchedDisk split = WatchedDisk.serve(folder.resolve("a"), "vda");
                WatchedDisk packed = WatchedDisk.serve(folder.resolve("b"), "vdb");
                QemuGuest guest = QemuGuest.boot(folder, system, devices())) {
            split.watch(guest, false);
            packed.watch(guest, true);
            String printed = guest.awaitEnd();
            assertThat(printed).contains("the script has ended");
            split.check(printed, folder);
            packed.check(printed, folder);
        }
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
                "vhost-user-blk-pci,chardev=b,num-queues=2,config-wce=on,packed=on");
    }
}
