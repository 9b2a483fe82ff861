// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** An image on which a guest makes a file system, and what the host finds in it afterwards. */
record Disk(Path image) {
    /** What a guest does to a disk; it prints checksums of what it wrote, and of what it read back. */
    private static final String SCRIPT = """
            mkfs.ext4 -q -F /dev/DISK || poweroff -f
            mount -t ext4 /dev/DISK /mnt
            for i in 1 2 3 4 5 6; do
              dd if=/dev/urandom of=/mnt/file$i bs=50021 count=$i 2>/dev/null
            done
            mkdir /mnt/folder && cp /mnt/file3 /mnt/folder/copy && rm /mnt/file2
            cd /mnt && find . -type f | sort | xargs sha256sum | sed 's/^/written DISK /' && cd /
            umount /mnt && echo 3 > /proc/sys/vm/drop_caches
            mount -t ext4 -o ro /dev/DISK /mnt
            cd /mnt && find . -type f | sort | xargs sha256sum | sed 's/^/read DISK /' && cd /
            umount /mnt
            """;

    private static final int FILES = 6;

    /** What a guest does with a file system of the host's. */
    private static final String FOUND_SCRIPT = """
            mount -t ext4 -o ro /dev/DISK /mnt
            cd /mnt && sha256sum -c sums && echo the files of the host are whole on DISK; cd /
            umount /mnt
            """;

    private static final int[] FOUND_SIZES = {1, 4096, 50_021, 3_000_000};

    static Disk create(Path image, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
        }
        return new Disk(image);
    }

    /** An image with a file system in which the host has put files, and their checksums. */
    static Disk createFilled(Path image, long size) throws IOException, InterruptedException {
        Path files = Files.createDirectory(image.resolveSibling(image.getFileName() + "-found"));
        Random random = new Random(size);
        for (int length : FOUND_SIZES) {
            byte[] content = new byte[length];
            random.nextBytes(content);
            Files.write(files.resolve("file" + length), content);
        }
        Command.Result sums = Command.run(files, "sh", "-c", "sha256sum *").expectSuccess();
        Files.writeString(files.resolve("sums"), sums.output());
        Disk disk = create(image, size);
        Command.run(files, "mkfs.ext4", "-q", "-d", files.toString(), image.toString())
                .expectSuccess();
        return disk;
    }

    /** The device that it is for a guest. */
    BlockDevice device(int queues) throws IOException {
        return new BlockDevice(
                BlockImage.open(image, false), new BlockOptions().queues(queues).segMax(126));
    }

    /** Checks what the host has put there. */
    static String foundScript(String device) {
        return FOUND_SCRIPT.replace("DISK", device);
    }

    static String script(String device) {
        return SCRIPT.replace("DISK", device);
    }

    /** Checks that a guest found what the host had put there. */
    static void checkFound(String printed, String device) {
        assertThat(printed).contains("the files of the host are whole on " + device);
    }

    /**
     * Checks with programs of the host's that the file system is clean, and that its files are those which the guest wrote
     * and read.
     *
     * @param printed by the guest
     */
    void check(String printed, String device, Path folder) throws IOException, InterruptedException {
        List<String> written = sums(printed, "written " + device + " ");
        assertThat(written).as(printed).hasSize(FILES);
        assertThat(sums(printed, "read " + device + " ")).isEqualTo(written);
        Command.run(folder, "fsck.ext4", "-fn", image.toString()).expectSuccess();
        Path files = Files.createDirectory(folder.resolve(device + "-files"));
        Command.run(folder, "debugfs", "-R", "rdump / " + files, image.toString())
                .expectSuccess();
        Path list = Files.write(folder.resolve(device + "-sums"), written);
        Command.run(files, "sha256sum", "-c", list.toString()).expectSuccess();
    }

    private static List<String> sums(String printed, String prefix) {
        return printed.lines()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .toList();
    }
}
