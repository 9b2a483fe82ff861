// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.WorkloadOperation;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import java.io.IOException;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Keeps a number of requests under way on a disk until enough were made or the time is over, and measures each. */
final class BlockWorkload {
    private static final long LONGEST_LATENCY = 60_000_000_000L;
    private static final long SEED = 0x5EED;

    private final ScratchDisk disk;
    private final BlockVolume volume;
    private final WorkloadOperation operation;
    private final int blockSize;
    private final long mostRequests;
    private final long mostNanos;
    private final BlockBuffer[] buffers;
    private final @Nullable Transfer[] transfers;
    private final long[] started;
    private final long blocks;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Histogram latencies = new Histogram(LONGEST_LATENCY, 3);

    private long submitted;
    private long completed;
    private long errors;

    BlockWorkload(
            ScratchDisk disk,
            WorkloadOperation operation,
            int queueDepth,
            int blockSize,
            long mostRequests,
            long mostNanos) {
        this.disk = disk;
        this.operation = operation;
        this.blockSize = blockSize;
        this.mostRequests = mostRequests;
        this.mostNanos = mostNanos;
        volume = disk.volume();
        buffers = disk.buffers(queueDepth, blockSize);
        transfers = new @Nullable Transfer[queueDepth];
        started = new long[queueDepth];
        blocks = volume.sectorCount() * volume.sectorSize() / blockSize;
    }

    WorkloadResult run(Scheduler scheduler, Machine machine) throws IOException {
        long doorbells = disk.doorbells().getAsLong();
        long interrupts = disk.interrupts().getAsLong();
        long start = machine.monotonicNanos();
        long end = start + mostNanos;
        Task self = scheduler.current();
        // One that is told to stop waits for what is under way, and starts no more.
        while (refill(machine, self.mustStop() ? start : end)) {
            scheduler.await(this::anyDone);
            harvest(machine);
        }
        long nanos = machine.monotonicNanos() - start;
        if (operation.writes()) {
            volume.flush().await();
        }
        return new WorkloadResult(
                completed,
                nanos,
                errors,
                latencies.getValueAtPercentile(50),
                latencies.getValueAtPercentile(99),
                latencies.getValueAtPercentile(99.9),
                latencies.getMaxValue(),
                disk.doorbells().getAsLong() - doorbells,
                disk.interrupts().getAsLong() - interrupts);
    }

    /** Starts a request in each free place; false when nothing is under way any more. */
    private boolean refill(Machine machine, long end) {
        for (int i = 0; i < transfers.length; i++) {
            if (transfers[i] == null && submitted < mostRequests) {
                long now = machine.monotonicNanos();
                if (now >= end) {
                    break;
                }
                started[i] = now;
                transfers[i] = submit(i);
            }
        }
        volume.kick();
        return completed + errors < submitted;
    }

    private Transfer submit(int place) {
        long block = operation.random() ? random.nextLong(blocks) : submitted % blocks;
        submitted++;
        long sector = block * (blockSize / volume.sectorSize());
        return operation.writes()
                ? volume.write(sector, blockSize, buffers, place, 1)
                : volume.read(sector, blockSize, buffers, place, 1);
    }

    private boolean anyDone() {
        for (Transfer transfer : transfers) {
            if (transfer != null && transfer.done()) {
                return true;
            }
        }
        return false;
    }

    private void harvest(Machine machine) {
        for (int i = 0; i < transfers.length; i++) {
            Transfer transfer = transfers[i];
            if (transfer != null && transfer.done()) {
                transfers[i] = null;
                try {
                    transfer.await();
                    completed++;
                    latencies.recordValue(Math.min(machine.monotonicNanos() - started[i], LONGEST_LATENCY));
                } catch (IOException failed) {
                    errors++;
                }
            }
        }
    }
}
