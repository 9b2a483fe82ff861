// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.queue.traffic.OpenDescriptors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Guests that die in mid-I/O, one after the other, on one image: nothing flushed is lost, and nothing is left over. */
@Timeout(600)
class GuestKilledTest {
    private static final int KILLS = 100;
    private static final long LONGEST_LIFE_NANOS = 60_000_000;
    private static final GuestShape SHAPE = new GuestShape(List.of(new GuestShape.Region(0x10000, 1 << 20)), 1, 2);

    @TempDir
    private Path directory;

    private long firstWrite = 1;
    private final long[] flushed = new long[Journal.BLOCKS];
    private int killedWhileWriting;

    /** Descriptors and mappings of the hypervisor while the latest guest was served. */
    private long leftover;

    @Test
    void whatWasFlushedIsInTheImageAndTheNextGuestIsServed() throws Exception {
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) Journal.BLOCKS * Journal.BLOCK_SIZE);
        }
        Random random = new Random();
        Path socket = directory.resolve("socket");
        try (GuestServer server = GuestServer.listen(
                socket,
                SHAPE,
                guest -> HypercallMachine.serving(
                        guest,
                        List.of(new BlockDevice(BlockImage.open(image, false), new BlockOptions())),
                        MachineOptions.DEFAULT))) {
            long leftAfterFirst = -1;
            for (int kill = 0; kill < KILLS; kill++) {
                killOneInMidWrite(socket, kill % 2 == 0 ? "packed" : "split", random);
                check(image);
                // The last guest's things are gone for certain once the next one is up; so count from guest to guest.
                if (kill == 1) {
                    leftAfterFirst = leftover;
                } else if (kill > 1) {
                    assertThat(leftover)
                            .as("open descriptors and mappings after guest " + kill)
                            .isEqualTo(leftAfterFirst);
                }
            }
            assertThat(server).isNotNull();
        }
        assertThat(killedWhileWriting).as("guests that had flushed something").isGreaterThan(KILLS / 2);
    }

    private void killOneInMidWrite(Path socket, String ring, Random random) throws Exception {
        try (ChildProcess guest =
                ChildProcess.start(WritingGuest.class, socket.toString(), Long.toString(firstWrite), ring)) {
            assertThat(guest.line()).isEqualTo("up");
            leftover = OpenDescriptors.count(
                            directory.toRealPath().resolve("image").toString())
                    + OpenDescriptors.mappings();
            LockSupport.parkNanos(random.nextLong(LONGEST_LIFE_NANOS));
            guest.kill();
            long last = firstWrite - 1;
            for (String line = guest.line(); line != null; line = guest.line()) {
                assertThat(line).as("output of the guest").matches("[0-9]+");
                last = Long.parseLong(line);
            }
            for (long write = firstWrite; write <= last; write++) {
                flushed[Journal.block(write)] = write;
            }
            killedWhileWriting += last >= firstWrite ? 1 : 0;
            // Writes that were under way when it died may be in the image; the next guest's are newer than those.
            firstWrite = last + 1000;
        }
    }

    private void check(Path image) throws IOException {
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            for (int block = 0; block < Journal.BLOCKS; block++) {
                long write = Journal.read(file, block);
                assertThat(write).as("block " + block).isGreaterThanOrEqualTo(flushed[block]);
                if (write != 0) {
                    assertThat(Journal.block(write)).isEqualTo(block);
                }
            }
        }
    }
}
