// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.qemu.Traffic;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our block driver on the device of QEMU's storage daemon, of which nobody here wrote a line. */
@Timeout(120)
class StorageDaemonTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 32768;
    private static final long SEED = 77;
    private static final int REQUESTS = 4_000;
    private static final int DEPTH = 24;

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
     * track what is in flight, so the driver resets the device and makes requests again.
     */
    @Test
    void goesOnWhenTheDaemonIsKilledAndStartedAgain() throws Exception {
        BackEndProgram daemon = BackEndProgram.storageDaemon(image, socket, ",num-queues=2");
        try (VhostUserDevice device = connect()) {
            BlockDriver disk = drive(device, 2);
            Traffic traffic = new Traffic(device.platform(), disk, expected, 2, DEPTH);
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
}
