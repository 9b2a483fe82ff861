// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.time.Duration;
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
    private final long[] startOf;
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
        this.startOf = new long[driver.depth(0)];
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
    public Duration processorTime() {
        return guest.processorTime();
    }

    @Override
    public void run(Turn turn) throws IOException {
        while (turn.goesOn()) {
            // Those that are submitted together count from before the first of them: less to measure, and not too
            // short.
            long now = System.nanoTime();
            while (freeCount > 0) {
                submit(now);
            }
            driver.kick(0);
            complete(turn);
        }
        while (freeCount < depth) {
            complete(turn);
        }
    }

    private void submit(long now) throws IOException {
        DmaBuffer buffer = free[--freeCount];
        long number = random.nextLong(driver.capacity() / SECTORS_PER_BLOCK);
        int token = driver.submitRead(0, number * SECTORS_PER_BLOCK, buffer);
        bufferOf[token] = buffer;
        numberOf[token] = number;
        startOf[token] = now;
    }

    /** Waits until something is complete, and takes all that is. */
    private void complete(Turn turn) throws IOException {
        if (isPolling) {
            Thread.onSpinWait();
        } else {
            driver.await(0, -1);
        }
        int token = driver.poll(0);
        long now = token == BlockDriver.NONE ? 0 : System.nanoTime();
        for (; token != BlockDriver.NONE; token = driver.poll(0)) {
            if (driver.status(0, token) != BlkStatus.OK) {
                throw driver.failure(0, token);
            }
            DmaBuffer buffer = bufferOf[token];
            if (buffer.getLong(0) != numberOf[token]) {
                throw new IOException(name + " read block " + buffer.getLong(0) + " in place of " + numberOf[token]);
            }
            free[freeCount++] = buffer;
            turn.completed(now - startOf[token]);
        }
    }
}
