// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A back-end is killed under numbered writes, and another process goes on: nothing is lost, nothing that was completed is
 * done again, everything is done in the order of submission, and the driver has nothing to do with it.
 */
@Timeout(120)
class ResumptionTest {
    private static final int BLOCK = 4096;
    private static final int SECTORS = BLOCK / 512;
    private static final int BLOCKS = 512;
    private static final int QUEUES = 2;
    private static final int DEPTH = 32;
    private static final BlockDriverOptions OPTIONS = BlockDriverOptions.DEFAULT.withQueues(QUEUES, 128);
    private static final int DEATHS = 4;
    private static final int WRITES_BETWEEN = 3000;

    @TempDir
    private Path folder;

    /** By the number of a write. */
    private final BitSet completed = new BitSet();

    /** What the driver knew to be completed when each process began. */
    private final List<BitSet> completedBefore = new ArrayList<>();

    private final List<DmaBuffer> free = new ArrayList<>();
    private final DmaBuffer[][] buffers = new DmaBuffer[QUEUES][];
    private int submitted;
    private int queues;

    /** A process that serves the disk. */
    private interface BackEnd {
        void kill() throws InterruptedException;
    }

    private interface Starting {
        BackEnd start() throws IOException, InterruptedException;
    }

    private BackEnd ours() throws IOException {
        completedBefore.add((BitSet) completed.clone());
        ChildProcess process = ChildProcess.start(
                JournallingBackEnd.class,
                folder.resolve("socket").toString(),
                folder.resolve("image").toString(),
                journal(completedBefore.size()).toString());
        assertThat(process.line()).isEqualTo("listening");
        return process::kill;
    }

    private BackEnd qemus() throws IOException, InterruptedException {
        return BackEndProgram.example(folder.resolve("image"), folder.resolve("socket"))::kill;
    }

    private Path journal(int process) {
        return folder.resolve("journal" + process);
    }

    @BeforeEach
    void makeImage() throws IOException {
        Files.write(folder.resolve("image"), new byte[BLOCKS * BLOCK]);
    }

    @ParameterizedTest(name = "packed {0}")
    @ValueSource(booleans = {false, true})
    void nothingIsLostAndNothingCompletedIsDoneAgain(boolean packed) throws Exception {
        killAgainAndAgain(this::ours, packed, QUEUES);
        checkJournals();
        checkImage();
    }

    /** A back-end that nobody here wrote takes over what another process of it, and our driver, have left. */
    @Test
    void qemusExampleGoesOnToo() throws Exception {
        killAgainAndAgain(this::qemus, false, 1);
        checkImage();
    }

    private void killAgainAndAgain(Starting starting, boolean packed, int queues) throws Exception {
        BackEnd process = starting.start();
        try (VhostUserDevice device = connect()) {
            FeatureBits features = BlockDriverOptions.ALL_FEATURES;
            BlockDriver disk = start(
                    device, OPTIONS.withFeatures(packed ? features : features.without(Features.RING_PACKED)), queues);
            assertThat(disk.features().has(Features.RING_PACKED)).isEqualTo(packed);
            for (int death = 1; death <= DEATHS; death++) {
                write(disk, WRITES_BETWEEN);
                submitAll(disk);
                process.kill();
                // So that the next one finds new ones behind those that were in flight.
                collect(disk);
                submitAll(disk);
                process = starting.start();
            }
            write(disk, WRITES_BETWEEN);
            while (free.size() < DEPTH) {
                await(disk);
            }
            assertThat(completed.cardinality()).isEqualTo(submitted);
            assertThat(device.losses()).isEqualTo(DEATHS);
            assertThat(disk.resets()).isZero();
            disk.stop();
        } finally {
            process.kill();
        }
    }

    /** Time stands still for the requests while there is no back-end, and nobody gives up. */
    @Test
    void noRequestIsLateBecauseThereIsNoBackEnd() throws Exception {
        Duration timeout = Duration.ofMillis(150);
        BackEnd process = ours();
        try (VhostUserDevice device = connect()) {
            BlockDriver disk = start(device, OPTIONS.withTimeout(timeout.toNanos()), QUEUES);
            process.kill();
            submitAll(disk);
            Thread waiting = Thread.ofPlatform().start(() -> {
                while (free.size() < DEPTH) {
                    await(disk);
                }
            });
            assertThat(waiting.join(timeout.multipliedBy(8))).isFalse();
            process = ours();
            waiting.join();
            assertThat(completed.cardinality()).isEqualTo(DEPTH);
            assertThat(disk.resets()).isZero();
            disk.stop();
        } finally {
            process.kill();
        }
        checkJournals();
    }

    private VhostUserDevice connect() throws IOException {
        return VhostUserDevice.connect(DeviceType.BLOCK, folder.resolve("socket"), FrontEndOptions.DEFAULT);
    }

    private BlockDriver start(VhostUserDevice device, BlockDriverOptions options, int expectedQueues)
            throws IOException {
        BlockDriver disk = BlockDriver.start(device.transport(), device.platform(), options);
        assertThat(disk.queues()).isEqualTo(expectedQueues);
        queues = expectedQueues;
        prepare(device, disk);
        return disk;
    }

    private void prepare(VhostUserDevice device, BlockDriver disk) {
        for (int queue = 0; queue < queues; queue++) {
            buffers[queue] = new DmaBuffer[disk.depth(queue)];
        }
        for (int buffer = 0; buffer < DEPTH; buffer++) {
            free.add(device.platform().allocate(BLOCK, BLOCK));
        }
    }

    private void write(BlockDriver disk, int count) throws IOException {
        int end = submitted + count;
        while (submitted < end) {
            submitAll(disk);
            await(disk);
        }
    }

    private void submitAll(BlockDriver disk) throws IOException {
        while (!free.isEmpty()) {
            DmaBuffer buffer = free.removeLast();
            int number = submitted++;
            for (int at = 0; at < BLOCK; at += Long.BYTES) {
                buffer.putLong(at, number);
            }
            int queue = number % queues;
            int token = disk.submitWrite(queue, (long) number % BLOCKS * SECTORS, buffer);
            assertThat(token).isNotEqualTo(BlockDriver.FULL);
            buffers[queue][token] = buffer;
        }
        for (int queue = 0; queue < queues; queue++) {
            disk.kick(queue);
        }
    }

    private void await(BlockDriver disk) {
        for (int queue = 0; queue < queues; queue++) {
            assertThat(disk.underWay(queue) == 0 || disk.await(queue, -1)).isTrue();
        }
        collect(disk);
    }

    private void collect(BlockDriver disk) {
        for (int queue = 0; queue < queues; queue++) {
            for (int token = disk.poll(queue); token != BlockDriver.NONE; token = disk.poll(queue)) {
                assertThat(disk.status(queue, token)).isEqualTo(BlkStatus.OK);
                completed.set((int) buffers[queue][token].getLong(0));
                free.add(buffers[queue][token]);
            }
        }
    }

    private void checkJournals() throws IOException {
        BitSet done = new BitSet();
        for (int process = 1; process <= completedBefore.size(); process++) {
            int[] last = {-1, -1};
            for (int write : JournallingBackEnd.read(journal(process))) {
                assertThat(completedBefore.get(process - 1).get(write))
                        .as("process %d does write %d again, which was completed", process, write)
                        .isFalse();
                assertThat(write)
                        .as("process %d does write %d after %d of the same queue", process, write, last[write % queues])
                        .isGreaterThan(last[write % queues]);
                last[write % queues] = write;
                done.set(write);
            }
        }
        assertThat(done.cardinality()).isEqualTo(submitted);
        assertThat(completed.cardinality()).isEqualTo(submitted);
    }

    private void checkImage() throws IOException {
        ByteBuffer image =
                ByteBuffer.wrap(Files.readAllBytes(folder.resolve("image"))).order(ByteOrder.LITTLE_ENDIAN);
        for (int block = 0; block < BLOCKS; block++) {
            int last = submitted - 1 - Math.floorMod(submitted - 1 - block, BLOCKS);
            for (int at = 0; at < BLOCK; at += Long.BYTES) {
                assertThat(image.getLong(block * BLOCK + at)).isEqualTo(last);
            }
        }
    }
}
