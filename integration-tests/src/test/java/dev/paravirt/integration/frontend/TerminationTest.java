// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SIGTERM under load: each write that the program has taken is done, and its driver told; no other is begun. The next
 * program finds all others where they were.
 */
@Timeout(120)
class TerminationTest {
    /** Such a write takes a while: the program is in the middle of one whenever it is told to end. */
    private static final int BLOCK = 1 << 20;

    private static final int SECTORS = BLOCK / 512;
    private static final int PAGE = 4096;
    private static final int QUEUES = 2;

    /** Writes under way at once. */
    private static final int WRITERS = 16;

    /** What each writer writes to, one after the other and round and round. */
    private static final int BLOCKS = 2;

    private static final int WRITES_BEFORE = 200;

    /** Far longer than a program needs that waits for nothing. */
    private static final Duration HOLD = Duration.ofSeconds(1);

    @TempDir
    private Path folder;

    /** How many writes each writer has submitted, and how many of these were completed: all, or all but the last. */
    private final int[] submitted = new int[WRITERS];

    private final int[] completed = new int[WRITERS];
    private final DmaBuffer[] buffers = new DmaBuffer[WRITERS];
    private final int[][] writers = new int[QUEUES][];

    @BeforeEach
    void makeImage() throws IOException {
        Files.write(folder.resolve("image"), new byte[WRITERS * BLOCKS * BLOCK]);
    }

    private DiskProgram program() throws IOException {
        return DiskProgram.start(
                folder.resolve("socket"), folder.resolve("image"), "--num-queues", String.valueOf(QUEUES));
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void finishesWhatIsInFlightAndNothingElse(boolean packed) throws Exception {
        try (DiskProgram program = program();
                VhostUserDevice device = program.connect()) {
            BlockDriver disk = start(device, packed);
            while (total(completed) < WRITES_BEFORE) {
                submitAll(disk);
                collect(disk);
            }
            submitAll(disk);
            int before = total(completed);
            program.terminate();
            // The driver does not know, and goes on.
            while (device.losses() == 0) {
                submitAll(disk);
                collect(disk);
            }
            assertThat(program.awaitEnd()).isEqualTo(DiskProgram.TERMINATED);
            collect(disk);
            assertThat(total(completed)).isGreaterThan(before);
            checkImage();
            try (DiskProgram next = program()) {
                submitAll(disk);
                while (!Arrays.equals(completed, submitted)) {
                    collect(disk);
                }
                assertThat(device.losses()).isEqualTo(1);
                assertThat(disk.resets()).isZero();
                disk.stop();
                next.terminate();
                assertThat(next.awaitEnd()).isEqualTo(DiskProgram.TERMINATED);
            }
            checkImage();
        }
    }

    /** However long they take: here as long as a debugger likes. */
    @Test
    void waitsForWritesThatHaveBegun() throws Exception {
        try (DiskProgram program = DiskProgram.startDebuggable(
                        folder.resolve("socket"), folder.resolve("image"), "--num-queues", String.valueOf(QUEUES));
                VhostUserDevice device = program.connect()) {
            BlockDriver disk = start(device, true);
            try (HeldWrites held = program.holdWrites()) {
                submitAll(disk);
                held.await(WRITERS);
                program.terminate();
                assertThat(program.endsWithin(HOLD))
                        .as("with %d writes under way", WRITERS)
                        .isFalse();
            }
            assertThat(program.awaitEnd()).isEqualTo(DiskProgram.TERMINATED);
            collect(disk);
            assertThat(completed).isEqualTo(submitted).containsOnly(1);
            checkImage();
        }
    }

    private BlockDriver start(VhostUserDevice device, boolean packed) throws IOException {
        BlockDriverOptions options = BlockDriverOptions.DEFAULT.withQueues(QUEUES, 128);
        BlockDriver disk = DiskProgram.drive(
                device,
                packed
                        ? options
                        : options.withFeatures(BlockDriverOptions.DEFAULT_FEATURES.without(Features.RING_PACKED)));
        assertThat(disk.features().has(Features.RING_PACKED)).isEqualTo(packed);
        for (int writer = 0; writer < WRITERS; writer++) {
            buffers[writer] = device.platform().allocate(BLOCK, PAGE);
        }
        for (int queue = 0; queue < QUEUES; queue++) {
            writers[queue] = new int[disk.depth(queue)];
        }
        return disk;
    }

    /** Has each writer that waits for nothing fill its next block. */
    private void submitAll(BlockDriver disk) throws IOException {
        for (int writer = 0; writer < WRITERS; writer++) {
            if (submitted[writer] == completed[writer]) {
                int block = writer * BLOCKS + submitted[writer] % BLOCKS;
                int number = ++submitted[writer];
                buffers[writer].fill(0, BLOCK, content(number));
                int queue = writer % QUEUES;
                int token = disk.submitWrite(queue, (long) block * SECTORS, buffers[writer]);
                assertThat(token).isNotEqualTo(BlockDriver.FULL);
                writers[queue][token] = writer;
            }
        }
        for (int queue = 0; queue < QUEUES; queue++) {
            disk.kick(queue);
        }
    }

    private void collect(BlockDriver disk) {
        for (int queue = 0; queue < QUEUES; queue++) {
            for (int token = disk.poll(queue); token != BlockDriver.NONE; token = disk.poll(queue)) {
                assertThat(disk.status(queue, token)).isEqualTo(BlkStatus.OK);
                completed[writers[queue][token]]++;
            }
        }
    }

    private static int total(int[] counts) {
        return Arrays.stream(counts).sum();
    }

    /** What the write of that number fills its block with: the one before it there is filled with something else. */
    private static byte content(int number) {
        return (byte) number;
    }

    /** Each block holds the last write to it that was completed, whole. */
    private void checkImage() throws IOException {
        byte[] image = Files.readAllBytes(folder.resolve("image"));
        byte[] expected = new byte[image.length];
        for (int block = 0; block < WRITERS * BLOCKS; block++) {
            int done = completed[block / BLOCKS];
            int last = done - Math.floorMod(done - 1 - block % BLOCKS, BLOCKS);
            Arrays.fill(expected, block * BLOCK, (block + 1) * BLOCK, content(Math.max(last, 0)));
        }
        int difference = Arrays.mismatch(image, expected);
        assertThat(difference)
                .as("in block %d; completed of each writer: %s", difference / BLOCK, Arrays.toString(completed))
                .isEqualTo(-1);
    }
}
