// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.SplittableRandom;

/** A virtio block device, with requests under way side by side. */
final class VirtioContender implements Contender {
    private static final int SECTORS_PER_BLOCK = 8;

    private final String name;
    private final GuestOfProcess guest;
    private final BlockDriver driver;
    private final int depth;
    private final boolean isPolling;
    private final SplittableRandom random = new SplittableRandom(1);
    private final DmaBuffer[] free;
    private final DmaBuffer[] bufferOf;
    private final long[] numberOf;
    private int freeCount;

    VirtioContender(
            String name, GuestOfProcess guest, BlockDriver driver, DmaBuffer[] buffers, int depth, boolean isPolling) {
        this.name = name;
        this.guest = guest;
        this.driver = driver;
        this.depth = depth;
        this.isPolling = isPolling;
        this.free = buffers.clone();
        this.freeCount = depth;
        this.bufferOf = new DmaBuffer[driver.depth(0)];
        this.numberOf = new long[driver.depth(0)];
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public long exits() {
        return guest.exits();
    }

    @Override
    public long run(long nanos) throws IOException {
        long start = System.nanoTime();
        long done = 0;
        while (System.nanoTime() - start < nanos) {
            while (freeCount > 0) {
                submit();
            }
            driver.kick(0);
            done += complete();
        }
        while (freeCount < depth) {
            done += complete();
        }
        return done;
    }

    private void submit() throws IOException {
        DmaBuffer buffer = free[--freeCount];
        long number = random.nextLong(driver.capacity() / SECTORS_PER_BLOCK);
        int token = driver.submitRead(0, number * SECTORS_PER_BLOCK, buffer);
        bufferOf[token] = buffer;
        numberOf[token] = number;
    }

    /** Waits until something is complete, and takes all that is. */
    private long complete() throws IOException {
        if (isPolling) {
            Thread.onSpinWait();
        } else {
            driver.await(0, -1);
        }
        long done = 0;
        for (int token = driver.poll(0); token != BlockDriver.NONE; token = driver.poll(0)) {
            if (driver.status(0, token) != BlkStatus.OK) {
                throw driver.failure(0, token);
            }
            DmaBuffer buffer = bufferOf[token];
            if (buffer.getLong(0) != numberOf[token]) {
                throw new IOException(name + " read block " + buffer.getLong(0) + " in place of " + numberOf[token]);
            }
            free[freeCount++] = buffer;
            done++;
        }
        return done;
    }
}
