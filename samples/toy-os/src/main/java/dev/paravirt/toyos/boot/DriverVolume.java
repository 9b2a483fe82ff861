// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockIoException;
import dev.paravirt.guest.driver.BlockLimits;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Scheduler;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A disk behind a virtio block driver. Transfers are requests in the driver's first queue. A task that waits for one
 * leaves the CPU to the others; the interrupt controller calls {@link #poll}.
 */
final class DriverVolume implements BlockVolume, InterruptSource {
    /** The kernel's caches transfer blocks of this size. */
    static final int LEAST_BYTES = 4096;

    private static final int QUEUE = 0;
    private static final int MOST_BUFFERS = 32;
    private static final int MOST_BYTES = 128 << 10;
    private static final int DMA_ALIGNMENT = 512;

    private final BlockDriver driver;
    private final DeviceCounters counters;
    private final Platform platform;
    private final Scheduler scheduler;
    private final int sectorSize;
    private final int maximumBuffers;
    private final int maximumBytes;
    private final BufferChain pieces;
    private final @Nullable Request[] underWay;
    private long completions;

    /** Those that came while something was under way. */
    private long interrupts;

    DriverVolume(String name, BlockDriver driver, FoundDevice found, Platform platform, Scheduler scheduler)
            throws IOException {
        BlockLimits limits = driver.limits();
        if (limits.maxTransferBytes() < LEAST_BYTES || limits.maxSegmentBytes() < LEAST_BYTES) {
            throw new IOException(driver.name() + " moves at most " + limits.maxSegmentBytes()
                    + " bytes at once, but the" + " kernel works in blocks of " + LEAST_BYTES);
        }
        this.driver = driver;
        counters = new DeviceCounters(name, found.exits(() -> driver.notifications(QUEUE)), () -> interrupts);
        this.platform = platform;
        this.scheduler = scheduler;
        sectorSize = limits.blockSize();
        maximumBuffers = Math.min(limits.maxSegments(), MOST_BUFFERS);
        int unit = Math.max(sectorSize, LEAST_BYTES);
        maximumBytes = Math.max(Math.min(limits.maxTransferBytes(), MOST_BYTES) / unit, 1) * unit;
        pieces = new BufferChain(maximumBuffers);
        underWay = new @Nullable Request[driver.depth(QUEUE)];
    }

    DeviceStatistics statistics() {
        return counters;
    }

    @Override
    public int sectorSize() {
        return sectorSize;
    }

    @Override
    public long sectorCount() {
        return driver.capacity() / (sectorSize >>> BlkRequest.SECTOR_SHIFT);
    }

    @Override
    public boolean readOnly() {
        return driver.readOnly();
    }

    @Override
    public int maximumBuffers() {
        return maximumBuffers;
    }

    @Override
    public int maximumBytes() {
        return maximumBytes;
    }

    @Override
    public BlockBuffer allocate(int bytes) {
        return new DmaBlockBuffer(platform.allocate(bytes, DMA_ALIGNMENT));
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        check(sector, bytes);
        counters.input(bytes);
        return start(() -> {
            gather(bytes, buffers, first, count, false);
            return driver.submitRead(QUEUE, sector512(sector), pieces);
        });
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        check(sector, bytes);
        counters.output(bytes);
        return start(() -> {
            gather(bytes, buffers, first, count, true);
            return driver.submitWrite(QUEUE, sector512(sector), pieces);
        });
    }

    @Override
    public Transfer flush() {
        return start(() -> driver.submitFlush(QUEUE));
    }

    @Override
    public void kick() {
        driver.kick(QUEUE);
    }

    @Override
    public boolean poll() {
        driver.kick(QUEUE);
        return harvest();
    }

    private boolean harvest() {
        long before = completions;
        for (int token = driver.poll(QUEUE); token != BlockDriver.NONE; token = driver.poll(QUEUE)) {
            Request request = underWay[token];
            underWay[token] = null;
            if (request != null) {
                request.failure = driver.status(QUEUE, token) == BlkStatus.OK ? null : driver.failure(QUEUE, token);
                request.ended = true;
            }
            completions++;
        }
        return completions != before;
    }

    @Override
    public boolean busy() {
        return driver.underWay(QUEUE) > 0;
    }

    @Override
    public boolean enableInterrupt() {
        return driver.enableInterrupt(QUEUE);
    }

    @Override
    public void interrupted(int reasons) {
        driver.disableInterrupt(QUEUE);
        if ((reasons & InterruptStatus.USED_BUFFER) != 0 && busy()) {
            interrupts++;
        }
        if (reasons != 0) {
            driver.interrupted(reasons);
        }
        // Does not wait, but looks whether a request takes too long: then the driver starts its device over.
        if (driver.await(QUEUE, 0)) {
            harvest();
        }
    }

    private void gather(int bytes, BlockBuffer[] buffers, int first, int count, boolean readable) {
        pieces.clear();
        int left = bytes;
        for (int i = first; left > 0; i++) {
            Objects.checkIndex(i - first, count);
            DmaBlockBuffer buffer = (DmaBlockBuffer) buffers[i];
            int part = Math.min(left, buffer.capacity());
            if (readable) {
                pieces.addReadable(buffer.memory().address(), part);
            } else {
                pieces.addWritable(buffer.memory().address(), part);
            }
            left -= part;
        }
    }

    private interface Submission {
        int submit() throws BlockIoException;
    }

    private Transfer start(Submission submission) {
        Request request = new Request();
        try {
            int token = submission.submit();
            while (token == BlockDriver.FULL) {
                long before = completions;
                scheduler.await(() -> completions != before);
                token = submission.submit();
            }
            underWay[token] = request;
        } catch (BlockIoException refused) {
            request.failure = refused;
            request.ended = true;
        }
        return request;
    }

    private long sector512(long sector) {
        return sector * (sectorSize >>> BlkRequest.SECTOR_SHIFT);
    }

    private void check(long sector, int bytes) {
        if (bytes <= 0 || bytes % sectorSize != 0 || bytes > maximumBytes) {
            throw new IllegalArgumentException(bytes + " bytes in a transfer of at most " + maximumBytes);
        }
        Objects.checkFromIndexSize(sector, bytes / sectorSize, sectorCount());
    }

    private final class Request implements Transfer {
        boolean ended;

        @Nullable
        BlockIoException failure;

        @Override
        public boolean done() {
            return ended;
        }

        @Override
        public void await() throws IOException {
            scheduler.await(this::done);
            BlockIoException cause = failure;
            if (cause != null) {
                throw new IOException(cause.getMessage(), cause);
            }
        }
    }
}
