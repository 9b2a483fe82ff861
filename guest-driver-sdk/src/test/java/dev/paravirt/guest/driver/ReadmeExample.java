// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;

/** The examples of README.md, which a test compares with this file and runs. */
final class ReadmeExample {
    private ReadmeExample() {}

    // [boot]
    /** Counts in the last sector of the first disk how often this system was booted. */
    static long countBoot(Platform platform, HypercallGate gate) throws IOException {
        Hypercalls hypercalls = Hypercalls.attach(gate, platform);
        int number = hypercalls.find(DeviceType.BLOCK, 0);
        BlockDriver disk = BlockDriver.start(
                HypercallTransport.open(hypercalls, platform, number), platform, BlockDriverOptions.DEFAULT);

        DmaBuffer sector = platform.allocate(512, 512);
        disk.read(disk.capacity() - 1, sector);
        long boots = sector.getLong(0) + 1;
        sector.putLong(0, boots);
        disk.write(disk.capacity() - 1, sector);
        disk.flush();
        return boots;
    }
    // [boot]

    // [batch]
    /** Reads a sector into each buffer, with as many requests under way as the queue takes. */
    static void readAll(BlockDriver disk, DmaBuffer[] buffers) throws IOException {
        int submitted = 0;
        int completed = 0;
        while (completed < buffers.length) {
            while (submitted < buffers.length
                    && disk.submitRead(0, submitted, buffers[submitted]) != BlockDriver.FULL) {
                submitted++;
            }
            disk.kick(0);
            disk.await(0, -1);
            for (int token = disk.poll(0); token != BlockDriver.NONE; token = disk.poll(0)) {
                if (disk.status(0, token) != BlkStatus.OK) {
                    throw disk.failure(0, token);
                }
                completed++;
            }
        }
    }
    // [batch]

    // [frames]
    /** Sends back what arrives, until nothing does for a second; returns how many frames that were. */
    static long reflect(NetDriver network) {
        ReceivedFrame[] burst = new ReceivedFrame[32];
        byte[] bytes = new byte[2048];
        long reflected = 0;
        while (network.awaitReceive(0, 1_000_000_000L)) {
            int count = network.receive(0, burst);
            for (int i = 0; i < count; i++) {
                ReceivedFrame frame = burst[i];
                OutgoingFrame answer = network.take(0);
                int length = frame.length();
                if (answer != null && length <= bytes.length && length <= answer.capacity()) {
                    frame.get(0, bytes, 0, length);
                    network.send(answer.put(bytes, 0, length));
                    reflected++;
                } else if (answer != null) {
                    network.discard(answer);
                }
                network.release(frame);
            }
            network.kick(0);
        }
        return reflected;
    }
    // [frames]
}
