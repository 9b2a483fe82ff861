// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.integration.carrier.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A back-end is killed, again and again, while a guest of QEMU's writes: QEMU keeps the notes of what is in flight and hands
 * them to the next process. A request that got lost would hang the guest; a wrong one shows in its checksums.
 */
@Timeout(200)
class KilledBackEndTest {
    private static final long SIZE = 32 << 20;
    private static final int DEATHS = 4;

    /** Two writers keep both disks busy, with a flush after each write, and say how far they are. */
    private static final String LOAD = """
            dd if=/dev/urandom of=/tmp/pattern bs=64k count=16 2>/dev/null
            writer() {
              i=0
              while [ $i -lt 60 ]; do
                dd if=/tmp/pattern of=/dev/$1 bs=64k seek=$((i % 16 * 16)) conv=notrunc,fsync 2>/dev/null || echo $1 failed
                i=$((i + 1))
                [ $((i % 10)) = 0 ] && echo $1 wrote $i
              done
              echo 3 > /proc/sys/vm/drop_caches
              for place in 0 5 10 15; do
                dd if=/dev/$1 bs=64k skip=$((place * 16)) count=16 2>/dev/null | cmp - /tmp/pattern && echo $1 is right at $place
              done
            }
            writer vda & writer vdb & wait
            """;

    @TempDir
    private Path folder;

    private ChildProcess backEnd() throws IOException {
        ChildProcess process = ChildProcess.start(
                KilledBackEndMain.class,
                folder.resolve("a").toString(),
                folder.resolve("split.img").toString(),
                folder.resolve("b").toString(),
                folder.resolve("packed.img").toString());
        assertThat(process.line()).isEqualTo("listening");
        return process;
    }

    @Test
    void nothingIsLostWhenABackEndIsKilledUnderLoad() throws IOException, InterruptedException {
        PcLinux system = PcLinux.make(
                folder, List.of("virtio_blk"), List.of("mkfs.ext4"), LOAD + Disk.script("vda") + Disk.script("vdb"));
        Disk split = Disk.create(folder.resolve("split.img"), SIZE);
        Disk packed = Disk.create(folder.resolve("packed.img"), SIZE);
        ChildProcess backEnd = backEnd();
        String printed;
        try (QemuGuest guest = QemuGuest.boot(folder, system, devices())) {
            for (int death = 1; death <= DEATHS; death++) {
                guest.await((death % 2 == 0 ? "vda" : "vdb") + " wrote " + death * 10);
                backEnd.kill();
                backEnd = backEnd();
            }
            printed = guest.awaitEnd();
        } finally {
            backEnd.kill();
        }
        assertThat(printed)
                .contains("vda is right at 0", "vda is right at 15", "vdb is right at 0", "vdb is right at 15")
                .contains("the script has ended")
                .doesNotContain("failed", "I/O error");
        split.check(printed, "vda", folder);
        packed.check(printed, "vdb", folder);
    }

    private List<String> devices() {
        return List.of(
                "-chardev",
                "socket,id=a,reconnect=1,path=" + folder.resolve("a"),
                "-device",
                "vhost-user-blk-pci,chardev=a,num-queues=2",
                "-chardev",
                "socket,id=b,reconnect=1,path=" + folder.resolve("b"),
                "-device",
                "vhost-user-blk-pci,chardev=b,num-queues=1,packed=on");
    }
}
