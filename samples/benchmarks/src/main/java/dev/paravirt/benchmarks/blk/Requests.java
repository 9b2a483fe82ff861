// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * Requests of one block each, a fixed number under way at once. Each has blocks of its own, since what writes to the same
 * block leave there at once is open. What is read is checked for being the block that was asked for.
 */
final class Requests {
    private static final int LAST = DiskImage.BLOCK - Long.BYTES;
    private static final int SECTORS = DiskImage.BLOCK / BlkRequest.SECTOR_SIZE;
    private static final long SEED = 4096;
    private static final long NOTHING = -1;

    private final BlockDriver disk;
    private final boolean write;
    private final long share;
    private final DmaBuffer[] buffers;
    private final long[] blocks;
    private final int[] bufferOfToken;
    private final int[] free;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private int freeCount;
    private long stamp;

    Requests(Platform platform, BlockDriver disk, Load load) {
        this.disk = disk;
        this.write = load.write();
        this.share = disk.capacity() / SECTORS / load.depth();
        this.buffers = new DmaBuffer[load.depth()];
        this.blocks = new long[load.depth()];
        this.bufferOfToken = new int[disk.depth(0)];
        this.free = new int[load.depth()];
        for (int index = 0; index < buffers.length; index++) {
            buffers[index] = platform.allocate(DiskImage.BLOCK, DiskImage.BLOCK);
            blocks[index] = NOTHING;
            free[freeCount++] = index;
        }
    }

    /**
     * Makes requests for some time, and waits for the last ones.
     *
     * @return thousand requests a second
     */
    double run(int seconds) throws IOException {
        long before = disk.completions(0);
        long start = System.nanoTime();
        while (System.nanoTime() - start < seconds * 1_000_000_000L) {
            while (freeCount > 0) {
                submit(free[--freeCount]);
            }
            disk.kick(0);
            takeCompletions();
        }
        while (freeCount < free.length) {
            takeCompletions();
        }
        return (disk.completions(0) - before) * 1e6 / (System.nanoTime() - start);
    }

    private void submit(int index) throws IOException {
        long block = random.nextLong(share) * buffers.length + index;
        blocks[index] = block;
        DmaBuffer buffer = buffers[index];
        int token;
        if (write) {
            buffer.putLong(0, block);
            buffer.putLong(Long.BYTES, ++stamp);
            buffer.putLong(LAST, block);
            token = disk.submitWrite(0, block * SECTORS, buffer);
        } else {
            token = disk.submitRead(0, block * SECTORS, buffer);
        }
        bufferOfToken[token] = index;
    }

    /** Waits until something is complete, and takes all that is. */
    private void takeCompletions() throws IOException {
        disk.await(0, -1);
        for (int token = disk.poll(0); token != BlockDriver.NONE; token = disk.poll(0)) {
            if (disk.status(0, token) != BlkStatus.OK) {
                throw disk.failure(0, token);
            }
            int index = bufferOfToken[token];
            checkNumber(index);
            free[freeCount++] = index;
        }
    }

    private void checkNumber(int index) throws IOException {
        DmaBuffer buffer = buffers[index];
        if (buffer.getLong(0) != blocks[index] || buffer.getLong(LAST) != blocks[index]) {
            throw new IOException("what was read is not block " + blocks[index]);
        }
    }

    /** Reads back what was written last. */
    void check() throws IOException {
        for (int index = 0; index < buffers.length; index++) {
            if (write && blocks[index] != NOTHING) {
                DmaBuffer buffer = buffers[index];
                long written = buffer.getLong(Long.BYTES);
                buffer.putLong(Long.BYTES, NOTHING);
                disk.read(blocks[index] * SECTORS, buffer);
                checkNumber(index);
                if (buffer.getLong(Long.BYTES) != written) {
                    throw new IOException("block " + blocks[index] + " is not as it was written");
                }
            }
        }
    }
}
