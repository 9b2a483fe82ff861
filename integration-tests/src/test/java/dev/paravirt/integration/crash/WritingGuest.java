// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.crash;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkStatus;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A guest that writes and flushes without end, several writes at a time, until it is killed. It prints the number of a
 * write once that one and all before it are flushed, and nothing else that it does not mean.
 */
final class WritingGuest {
    private static final int DEPTH = 16;

    private final BlockDriver disk;
    private final DmaBuffer[] buffers = new DmaBuffer[DEPTH];

    private WritingGuest(BlockDriver disk, JvmPlatform platform) {
        this.disk = disk;
        for (int i = 0; i < DEPTH; i++) {
            buffers[i] = platform.allocate(Journal.BLOCK_SIZE, Journal.BLOCK_SIZE);
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), Duration.ofSeconds(30))) {
            JvmPlatform platform = JvmPlatform.of(guest);
            FeatureBits features = BlockDriverOptions.DEFAULT_FEATURES;
            if (!arguments[2].equals("packed")) {
                features = features.without(Features.RING_PACKED);
            }
            BlockDriver disk = BlockDriver.start(
                    HypercallTransport.open(Hypercalls.attach(platform, platform), platform, 0),
                    platform,
                    BlockDriverOptions.DEFAULT.withFeatures(features));
            System.out.println("up");
            new WritingGuest(disk, platform).writeForEver(Long.parseLong(arguments[1]));
        }
    }

    private void writeForEver(long first) throws Exception {
        long next = first;
        while (true) {
            for (int i = 0; i < DEPTH; i++) {
                Journal.fill(buffers[i], 0, next + i);
                long sector = (long) Journal.block(next + i) * Journal.SECTORS_PER_BLOCK;
                if (disk.submitWrite(0, sector, buffers[i]) == BlockDriver.FULL) {
                    throw new IllegalStateException("no room for " + DEPTH + " writes");
                }
            }
            disk.kick(0);
            for (int completed = 0; completed < DEPTH; ) {
                int token = disk.poll(0);
                if (token == BlockDriver.NONE) {
                    disk.await(0, -1);
                } else if (disk.status(0, token) == BlkStatus.OK) {
                    completed++;
                } else {
                    throw disk.failure(0, token);
                }
            }
            next += DEPTH;
            disk.flush();
            System.out.println(next - 1);
        }
    }
}
