// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.qemu.Traffic;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our block driver on the device of QEMU's storage daemon, of which nobody here wrote a line. */
// Who polls does not hear of an interruption.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StorageDaemonTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 32768;
    private static final long SEED = 77;
    private static final int REQUESTS = 4_000;
    private static final int DEPTH = 24;
    private static final int DEATHS = 5;

    @TempDir
    private Path folder;

    private Path image;
    private Path socket;
    private final byte[] expected = new byte[SECTORS * SECTOR];

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("image");
        socket = folder.resolve("blk");
        new Random(SEED).nextBytes(expected);
        Files.write(image, expected);
    }

    private VhostUserDevice connect() throws IOException {
        return VhostUserDevice.connect(DeviceType.BLOCK, socket, FrontEndOptions.DEFAULT);
    }

    private static BlockDriver drive(VhostUserDevice device, int queues) throws IOException {
        BlockDriverOptions options = BlockDriverOptions.DEFAULT.withQueues(queues, 128);
        return BlockDriver.start(device.transport(), device.platform(), options);
    }

    private void assertImageIsAsExpected() throws IOException {
        assertThat(Arrays.mismatch(Files.readAllBytes(image), expected)).isEqualTo(-1);
    }

    /** Requests of all sizes, alignments and shapes, many under way at once. */
    @ParameterizedTest(name = "{0} queues")
    @ValueSource(ints = {1, 4})
    void readsAndWritesWhatIsInTheFile(int queues) throws Exception {
        try (BackEndProgram daemon = BackEndProgram.storageDaemon(image, socket, ",num-queues=" + queues);
                VhostUserDevice device = connect()) {
            BlockDriver disk = drive(device, 4);
            assertThat(disk.queues()).isEqualTo(queues);
            assertThat(disk.capacity()).isEqualTo(SECTORS);
            assertThat(disk.features().has(Features.RING_PACKED))
                    .as("it knows split rings alone")
                    .isFalse();
            Traffic traffic = new Traffic(device.platform(), disk, expected, queues, DEPTH);
            Random random = new Random(SEED);
            for (int request = 0; request < REQUESTS; request++) {
                traffic.submit(random.nextInt(queues), random);
            }
            traffic.finish();
            assertThat(traffic.completed()).isEqualTo(REQUESTS);
            disk.flush();
            assertImageIsAsExpected();
            disk.stop();
            assertThat(device.losses()).isZero();
            daemon.kill();
        }
    }

    @Test
    void writesZeroesAndDiscards() throws Exception {
        try (BackEndProgram daemon = BackEndProgram.storageDaemon(image, socket, "");
                VhostUserDevice device = connect()) {
            BlockDriver disk = drive(device, 1);
            assertThat(disk.features().has(BlkFeatures.WRITE_ZEROES)).isTrue();
            assertThat(disk.features().has(BlkFeatures.DISCARD)).isTrue();
            assertThat(disk.needsFlush()).isTrue();
            disk.writeZeroes(100, 1000, false);
            Arrays.fill(expected, 100 * SECTOR, 1100 * SECTOR, (byte) 0);
            disk.flush();
            assertImageIsAsExpected();
            disk.discard(8192, 8192);
            disk.stop();
            daemon.kill();
        }
        // What a discarded sector holds is open; the others stay as they were.
        byte[] found = Files.readAllBytes(image);
        assertThat(Arrays.mismatch(found, 0, 8192 * SECTOR, expected, 0, 8192 * SECTOR))
                .isEqualTo(-1);
        assertThat(Arrays.mismatch(found, 16384 * SECTOR, found.length, expected, 16384 * SECTOR, expected.length))
                .isEqualTo(-1);
    }

    /**
     * Every write that was completed is in the file: a killed process loses nothing that the kernel has. This one does not
     * track what is in flight, so the driver resets the device and makes requests again; also one that only ever polls.
     */
    @ParameterizedTest(name = "polling {0}")
    @ValueSource(booleans = {false, true})
    void goesOnWhenTheDaemonIsKilledAndStartedAgain(boolean polling) throws Exception {
        BackEndProgram daemon = BackEndProgram.storageDaemon(image, socket, ",num-queues=2");
        try (VhostUserDevice device = connect()) {
            BlockDriver disk = drive(device, 2);
            Traffic traffic = new Traffic(device.platform(), disk, expected, 2, DEPTH);
            if (polling) {
                traffic.poll();
            }
            Random random = new Random(SEED);
            for (int round = 1; round <= 3; round++) {
                for (int request = 0; request < REQUESTS / 4; request++) {
                    traffic.submit(random.nextInt(2), random);
                }
                daemon.kill();
                daemon = BackEndProgram.storageDaemon(image, socket, ",num-queues=2");
                traffic.submit(0, random);
                traffic.finish();
                assertThat(device.losses()).isEqualTo(round);
                assertThat(disk.resets()).isEqualTo(round);
            }
            disk.flush();
            assertImageIsAsExpected();
            disk.stop();
        } finally {
            daemon.close();
        }
    }

    /** More often than the driver would reset a device that does nothing, and than it would repeat a request. */
    @ParameterizedTest(name = "polling {0}")
    @ValueSource(booleans = {false, true})
    void goesOnHoweverOftenTheDaemonDiesBeforeItHasDoneAnything(boolean polling) throws Exception {
        BackEndProgram daemon = BackEndProgram.stalledStorageDaemon(expected.length, socket);
        try (VhostUserDevice device = connect()) {
            BlockDriver disk = drive(device, 1);
            DmaBuffer buffer = device.platform().allocate(SECTOR, SECTOR);
            buffer.put(0, expected, SECTOR, SECTOR);
            int token = disk.submitWrite(0, 0, buffer);
            disk.kick(0);
            for (int death = 1; death <= DEATHS; death++) {
                daemon.kill();
                daemon = BackEndProgram.stalledStorageDaemon(expected.length, socket);
                while (disk.resets() < death) {
                    look(disk, polling);
                }
                assertThat(disk.underWay(0)).isEqualTo(1);
            }
            daemon.kill();
            daemon = BackEndProgram.storageDaemon(image, socket, "");
            while (disk.underWay(0) > 0) {
                look(disk, polling);
            }
            assertThat(disk.poll(0)).isEqualTo(token);
            assertThat(disk.status(0, token)).isEqualTo(BlkStatus.OK);
            assertThat(device.losses()).isEqualTo(DEATHS + 1);
            assertThat(disk.resets()).isEqualTo(DEATHS + 1);
            disk.flush();
            System.arraycopy(expected, SECTOR, expected, 0, SECTOR);
            assertImageIsAsExpected();
            disk.stop();
        } finally {
            daemon.close();
        }
    }

    /** Whether by polling or not, a completion is left to be taken. */
    private static void look(BlockDriver disk, boolean polling) {
        disk.await(0, polling ? 0 : 1_000_000);
    }

    @Test
    void pollingWaitsForNoDaemon() throws Exception {
        Duration timeout = Duration.ofMillis(100);
        BackEndProgram daemon = BackEndProgram.storageDaemon(image, socket, "");
        try (VhostUserDevice device = connect()) {
            BlockDriver disk = BlockDriver.start(
                    device.transport(), device.platform(), BlockDriverOptions.DEFAULT.withTimeout(timeout.toNanos()));
            daemon.kill();
            DmaBuffer buffer = device.platform().allocate(SECTOR, SECTOR);
            int token = disk.submitRead(0, 5, buffer);
            disk.kick(0);
            long start = System.nanoTime();
            while (System.nanoTime() - start < 4 * timeout.toNanos()) {
                assertThat(disk.await(0, 0)).isFalse();
                assertThat(disk.poll(0)).isEqualTo(BlockDriver.NONE);
            }
            assertThat(disk.resets()).isZero();
            daemon = BackEndProgram.storageDaemon(image, socket, "");
            while (disk.underWay(0) > 0) {
                disk.await(0, 0);
            }
            assertThat(disk.poll(0)).isEqualTo(token);
            assertThat(disk.status(0, token)).isEqualTo(BlkStatus.OK);
            assertThat(disk.resets()).isEqualTo(1);
            disk.stop();
        } finally {
            daemon.close();
        }
    }
}
