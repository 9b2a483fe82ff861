// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.driver.BlockIoException;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.qemu.Traffic;
import dev.paravirt.integration.vhostuser.Command;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code paravirt blk} does with its options, as our own driver sees it. */
@Timeout(120)
class DiskProgramTest {
    private static final int SECTOR = 512;
    private static final int SIZE = 4 << 20;
    private static final int REQUESTS = 1_000;
    private static final int DEPTH = 24;
    private static final long WINDOW_MILLIS = 1_000;
    private static final int WINDOWS = 30;

    /** What the JVM's housekeeping may take in one window: 3 percent. */
    private static final int HOUSEKEEPING_TICKS = 3;

    @TempDir
    private Path folder;

    private Path image;
    private Path socket;
    private final byte[] expected = new byte[SIZE];

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("image");
        socket = folder.resolve("socket");
        new Random(SIZE).nextBytes(expected);
        Files.write(image, expected);
    }

    /** Whatever happened to it: an image is as long as it was, and holds what was written. */
    private void assertImageIsAsExpected() throws IOException {
        assertThat(Files.readAllBytes(image)).isEqualTo(expected);
    }

    private void work(VhostUserDevice device, BlockDriver disk) throws IOException {
        Traffic traffic = new Traffic(device.platform(), disk, expected, disk.queues(), DEPTH);
        Random random = new Random(SIZE);
        for (int request = 0; request < REQUESTS; request++) {
            traffic.submit(request % disk.queues(), random);
        }
        traffic.finish();
        for (int queue = 0; queue < disk.queues(); queue++) {
            assertThat(disk.completions(queue)).as("queue %d", queue).isGreaterThanOrEqualTo(REQUESTS / disk.queues());
        }
    }

    @Test
    void asManyQueuesAsAreAskedFor() throws Exception {
        try (DiskProgram program = DiskProgram.start(socket, image, "--num-queues", "3");
                VhostUserDevice device = program.connect()) {
            BlockDriver disk = DiskProgram.drive(device, BlockDriverOptions.DEFAULT.withQueues(8, 64));
            assertThat(disk.queues()).isEqualTo(3);
            assertThat(disk.capacity()).isEqualTo(SIZE / SECTOR);
            work(device, disk);
            disk.stop();
        }
        assertImageIsAsExpected();
    }

    /** As systemd has it: the socket outlives the program, and its path stays. */
    @Test
    void aSocketThatListensAlready() throws Exception {
        Command.require("perl", "perl-base");
        try (DiskProgram program = DiskProgram.inherit(socket, image)) {
            for (int frontEnd = 0; frontEnd < 2; frontEnd++) {
                try (VhostUserDevice device = program.connect()) {
                    BlockDriver disk = DiskProgram.drive(device, BlockDriverOptions.DEFAULT);
                    assertThat(disk.queues()).isEqualTo(1);
                    work(device, disk);
                    disk.stop();
                }
            }
            program.terminate();
            assertThat(program.awaitEnd()).isEqualTo(DiskProgram.TERMINATED);
        }
        assertThat(socket).exists();
        assertImageIsAsExpected();
    }

    @Test
    void aDiskThatCannotBeWritten() throws Exception {
        try (DiskProgram program = DiskProgram.start(socket, image, "--read-only")) {
            try (VhostUserDevice device = program.connect()) {
                BlockDriver disk = DiskProgram.drive(device, BlockDriverOptions.DEFAULT);
                assertThat(disk.readOnly()).isTrue();
                assertThat(disk.features().has(BlkFeatures.DISCARD)).isFalse();
                assertThat(disk.features().has(BlkFeatures.WRITE_ZEROES)).isFalse();
                DmaBuffer buffer = device.platform().allocate(SIZE, SECTOR);
                disk.read(0, buffer);
                byte[] found = new byte[SIZE];
                buffer.get(0, found, 0, SIZE);
                assertThat(found).isEqualTo(expected);
                disk.stop();
            }
            // Nor by a driver that does not know of such disks.
            try (VhostUserDevice device = program.connect()) {
                BlockDriver disk = DiskProgram.drive(
                        device,
                        BlockDriverOptions.DEFAULT.withFeatures(
                                BlockDriverOptions.DEFAULT_FEATURES.without(BlkFeatures.RO)));
                assertThat(disk.readOnly()).isFalse();
                DmaBuffer buffer = device.platform().allocate(SECTOR, SECTOR);
                assertThatThrownBy(() -> disk.write(0, buffer))
                        .isInstanceOfSatisfying(
                                BlockIoException.class,
                                failure -> assertThat(failure.status()).isEqualTo(BlkStatus.IOERR));
                disk.stop();
            }
        }
        assertImageIsAsExpected();
    }

    /** Before the first front-end, with one that does nothing, and when it has left. */
    @Test
    void anIdleProgramUsesNoProcessor() throws Exception {
        try (DiskProgram program = DiskProgram.start(socket, image, "--num-queues", "2")) {
            awaitRest(program);
            try (VhostUserDevice device = program.connect()) {
                BlockDriver disk = DiskProgram.drive(device, BlockDriverOptions.DEFAULT.withQueues(2, 64));
                work(device, disk);
                awaitRest(program);
                work(device, disk);
                disk.stop();
            }
            awaitRest(program);
        }
    }

    /** Waits for a window in which none of our threads runs: what there was to do before may take until then. */
    private static void awaitRest(DiskProgram program) throws IOException, InterruptedException {
        ThreadActivity before = program.activity();
        assertThat(before.switches()).as("threads").hasSizeGreaterThanOrEqualTo(4);
        for (int window = 1; window <= WINDOWS; window++) {
            Thread.sleep(WINDOW_MILLIS);
            ThreadActivity after = program.activity();
            boolean rested =
                    after.switches().equals(before.switches()) && after.ticks() - before.ticks() <= HOUSEKEEPING_TICKS;
            if (rested) {
                return;
            }
            assertThat(window)
                    .as("windows in which it never rested; the last: %s, %s", before, after)
                    .isLessThan(WINDOWS);
            before = after;
        }
    }
}
