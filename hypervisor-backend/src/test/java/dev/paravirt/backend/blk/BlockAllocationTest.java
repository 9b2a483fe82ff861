// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A request leaves the heap alone: on the worker, on the engine's threads and on the way between them. */
@Timeout(120)
class BlockAllocationTest {
    private static final int REQUESTS = 20_000;
    private static final int ROUNDS = 12;
    private static final int SIZE = 1 << 20;

    @TempDir
    private Path directory;

    private static double bytesPerRequest(BlockDisk disk, int type, boolean deviceWrites, DmaBuffer data) {
        DmaBuffer header = disk.buffer(BlkRequest.HEADER_SIZE);
        header.putInt(BlkRequest.TYPE, type);
        DmaBuffer status = disk.buffer(1);
        BufferChain chain = new BufferChain(3).addReadable(header);
        if (deviceWrites) {
            chain.addWritable(data);
        } else if (type != BlkRequest.T_FLUSH) {
            chain.addReadable(data);
        }
        chain.addWritable(status);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double best = Double.MAX_VALUE;
        // The best of a few rounds: the compilers allocate too, and may finish in the middle of one.
        for (int round = 0; round < ROUNDS && best >= 1; round++) {
            long before = threads.getTotalThreadAllocatedBytes();
            for (int i = 0; i < REQUESTS; i++) {
                disk.ring.submit(0, chain, 0);
                long written = disk.ring.await(0, 0);
                if (status.getByte(0) != 0 || written < 1) {
                    throw new AssertionError("status " + status.getByte(0));
                }
            }
            best = Math.min(best, (threads.getTotalThreadAllocatedBytes() - before) / (double) REQUESTS);
        }
        return best;
    }

    private static void assertNothingAllocated(BlockDisk disk) {
        DmaBuffer data = disk.filled(8, 1);
        assertThat(bytesPerRequest(disk, BlkRequest.T_OUT, false, data))
                .as("write")
                .isLessThan(1);
        assertThat(bytesPerRequest(disk, BlkRequest.T_IN, true, data))
                .as("read")
                .isLessThan(1);
        DmaBuffer segment = disk.segment(8, 8, BlkSegment.FLAG_UNMAP);
        assertThat(bytesPerRequest(disk, BlkRequest.T_WRITE_ZEROES, false, segment))
                .as("write zeroes")
                .isLessThan(1);
        assertThat(bytesPerRequest(disk, BlkRequest.T_FLUSH, false, data))
                .as("flush")
                .isLessThan(1);
    }

    @Test
    void onMemory() {
        try (BlockDisk disk = new BlockDisk(new MemoryImage(SIZE), new BlockOptions())) {
            assertNothingAllocated(disk);
        }
    }

    /** Every request by way of the engine. */
    @Test
    void throughTheEngine() {
        BlockImage image = new ForwardingImage(new MemoryImage(SIZE));
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions())) {
            assertNothingAllocated(disk);
        }
    }

    @Test
    void onAFile() throws IOException {
        Path path = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        try (BlockDisk disk = new BlockDisk(BlockImage.open(path, false), new BlockOptions())) {
            DmaBuffer data = disk.filled(8, 1);
            assertThat(bytesPerRequest(disk, BlkRequest.T_OUT, false, data))
                    .as("write")
                    .isLessThan(1);
            assertThat(bytesPerRequest(disk, BlkRequest.T_IN, true, data))
                    .as("read")
                    .isLessThan(1);
        }
    }
}
