// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk of two queues, on which a guest gives space back, zeroes, switches the cache mode and makes a file system, while the
 * host looks at what becomes of the image. The guest waits after each step; the host answers by making the disk larger.
 */
final class WatchedDisk implements AutoCloseable {
    static final List<String> PROGRAMS = List.of("mkfs.ext4", "fio", "blkdiscard", "fallocate", "fstrim", "blockdev");

    private static final long SIZE = 64 << 20;
    private static final int GROWTH = 1 << 20;
    private static final int STEPS = 8;

    /** How many bytes a step is about. */
    private static final int PART = 4 << 20;

    /** What the host's file system may need for itself. */
    private static final int SLACK = 256 << 10;

    /** Programs that busybox has too are called by their paths, or it would take its own. */
    private static final String SCRIPT = """
            set -e
            trap 'echo DISK failed; cat /tmp/fio; poweroff -f' EXIT
            size() { /bin/blockdev --getsize64 /dev/DISK; }
            step() {
              before=$(size)
              echo "DISK: $*"
              while [ $(size) = $before ]; do usleep 20000; done
              echo DISK grew by $(($(size) - before))
            }
            echo DISK has features $(cat /sys/block/DISK/device/features)
            echo DISK has $(ls /sys/block/DISK/mq | wc -l) queues, $(cat /sys/block/DISK/queue/write_cache)

            fio --name=DISK --filename=/dev/DISK --direct=1 --ioengine=io_uring --iodepth=16 --thread \
              --rw=randrw --bsrange=512-64k --size=4M --numjobs=2 --offset_increment=4M \
              --cpus_allowed=0-1 --cpus_allowed_policy=split --verify=crc32c --verify_fatal=1 > /tmp/fio 2>&1
            echo DISK is right for $(grep -c 'err= 0' /tmp/fio) jobs

            dd if=/dev/urandom of=/tmp/part bs=1M count=4 2>/dev/null
            for place in 0 8 16; do
              dd if=/tmp/part of=/dev/DISK bs=1M seek=$place oflag=direct conv=fsync 2>/dev/null
            done
            step three parts
            /bin/blkdiscard -o 0 -l 4M /dev/DISK
            step discarded
            /bin/fallocate -p -o 8M -l 4M /dev/DISK
            step zeroes without space
            /bin/blkdiscard -z -o 16M -l 4M /dev/DISK
            step zeroes

            echo write through > /sys/block/DISK/cache_type
            dd if=/tmp/part of=/dev/DISK bs=1M oflag=direct 2>/dev/null
            step $(cat /sys/block/DISK/cache_type)
            echo write back > /sys/block/DISK/cache_type
            step $(cat /sys/block/DISK/cache_type)
            """;

    private static final String TRIM = """
            mount -t ext4 /dev/DISK /mnt
            cp /tmp/part /mnt/part
            sync
            step a file
            rm /mnt/part
            sync
            /bin/fstrim /mnt
            step no file
            umount /mnt
            trap - EXIT
            """;

    private final String name;
    private final Disk disk;
    private final BlockDevice device;
    private final VhostUserServer server;

    private WatchedDisk(String name, Disk disk, BlockDevice device, VhostUserServer server) {
        this.name = name;
        this.disk = disk;
        this.device = device;
        this.server = server;
    }

    /**
     * Serves a new disk.
     *
     * @param name what the guest calls it
     */
    static WatchedDisk serve(Path socket, String name) throws IOException {
        Disk disk = Disk.create(socket.resolveSibling(name + ".img"), SIZE);
        BlockDevice device = disk.device(2);
        VhostUserOptions twoWorkers = new VhostUserOptions(VhostUserOptions.FEATURES, 2, false);
        return new WatchedDisk(name, disk, device, VhostUserServer.listen(socket, device, twoWorkers));
    }

    /** What the guest does. */
    static String script(String name) {
        return SCRIPT.replace("DISK", name) + Disk.script(name) + TRIM.replace("DISK", name);
    }

    /**
     * Looks on, from the first step to the last.
     *
     * @param packed whether its rings are to be packed ones
     */
    void watch(QemuGuest guest, boolean packed) throws IOException, InterruptedException {
        await(guest, "three parts");
        assertThat(guest.output()).contains(name + " has 2 queues, write back", name + " is right for 2 jobs");
        assertThat(server.session().driverFeatures().has(Features.RING_PACKED)).isEqualTo(packed);
        assertThat(server.session().counters(0).requests()).isPositive();
        assertThat(server.session().counters(1).requests()).isPositive();
        watchSpace(guest);
        await(guest, "write through");
        assertThat(writeback()).isEqualTo(BlkConfig.WRITETHROUGH);
        answer();
        await(guest, "write back");
        assertThat(writeback()).isEqualTo(BlkConfig.WRITEBACK_CACHE);
        answer();
        await(guest, "a file");
        long withFile = allocated();
        answer();
        await(guest, "no file");
        assertThat(allocated()).isLessThan(withFile - PART + SLACK);
        answer();
    }

    private void watchSpace(QemuGuest guest) throws IOException, InterruptedException {
        long full = allocated();
        assertThat(full).isGreaterThanOrEqualTo(3 * PART);
        answer();
        await(guest, "discarded");
        long discarded = allocated();
        assertThat(discarded).isLessThan(full - PART + SLACK);
        assertThat(isZero(2 * PART)).isFalse();
        answer();
        await(guest, "zeroes without space");
        long unmapped = allocated();
        assertThat(unmapped).isLessThan(discarded - PART + SLACK);
        assertThat(isZero(2 * PART)).isTrue();
        assertThat(isZero(4 * PART)).isFalse();
        answer();
        await(guest, "zeroes");
        assertThat(allocated()).isGreaterThan(unmapped - SLACK);
        assertThat(isZero(4 * PART)).isTrue();
        answer();
    }

    private void await(QemuGuest guest, String step) throws IOException, InterruptedException {
        guest.await(name + ": " + step + "\n");
    }

    private void answer() throws IOException {
        device.resize(device.size() + GROWTH);
    }

    /** Bytes that the image takes up on the host. */
    private long allocated() throws IOException, InterruptedException {
        String blocks = Command.run(
                        Path.of("/"), "stat", "-c", "%b", disk.image().toString())
                .expectSuccess()
                .output()
                .strip();
        return 512 * Long.parseLong(blocks);
    }

    private boolean isZero(long from) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(PART);
        try (FileChannel image = FileChannel.open(disk.image())) {
            while (bytes.hasRemaining() && image.read(bytes, from + bytes.position()) > 0) {
                // As far as it goes.
            }
        }
        assertThat(bytes.hasRemaining()).isFalse();
        return bytes.flip().equals(ByteBuffer.allocate(PART));
    }

    private int writeback() {
        byte[] bytes = new byte[1];
        server.session().readConfig(BlkConfig.WRITEBACK, bytes, 0, 1);
        return bytes[0];
    }

    /** Checks that the guest saw each change of the size, and the file system that it left. */
    void check(String printed, Path folder) throws IOException, InterruptedException {
        assertThat(printed.lines().filter((name + " grew by " + GROWTH)::equals))
                .as(printed)
                .hasSize(STEPS);
        assertThat(printed).doesNotContain(name + " failed");
        disk.check(printed, name, folder);
    }

    @Override
    public void close() {
        server.close();
    }
}
