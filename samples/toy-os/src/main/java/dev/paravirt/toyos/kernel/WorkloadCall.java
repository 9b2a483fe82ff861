// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.WorkloadOperation;
import dev.paravirt.toyos.block.BlockVolume;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads a workload from a program's memory, has it run on the scratch disk, and writes down what came out. */
final class WorkloadCall {
    private static final int MOST_QUEUE_DEPTH = 256;

    private final @Nullable ScratchDisk scratch;
    private final Scheduler scheduler;
    private final Machine machine;
    private final KernelLock lock;

    /**
     * @param scratch null if there is no disk that may be written over
     * @param lock of that disk
     */
    WorkloadCall(@Nullable ScratchDisk scratch, Scheduler scheduler, Machine machine, KernelLock lock) {
        this.scratch = scratch;
        this.scheduler = scheduler;
        this.machine = machine;
        this.lock = lock;
    }

    long run(UserMemory memory, long address) throws IOException, SystemCallException {
        memory.check(address, Layout.WORKLOAD_SIZE);
        ScratchDisk disk = scratch;
        if (disk == null) {
            throw new SystemCallException(Errno.NO_DEVICE);
        }
        int operation = memory.getInt(address + Layout.WORKLOAD_OPERATION);
        int depth = memory.getInt(address + Layout.WORKLOAD_QUEUE_DEPTH);
        int blockSize = memory.getInt(address + Layout.WORKLOAD_BLOCK_SIZE);
        long mostRequests = memory.getLong(address + Layout.WORKLOAD_MOST_REQUESTS);
        long mostNanos = memory.getLong(address + Layout.WORKLOAD_MOST_NANOS);
        BlockVolume volume = disk.volume();
        boolean valid = operation >= 0
                && operation < WorkloadOperation.values().length
                && depth >= 1
                && depth <= MOST_QUEUE_DEPTH
                && blockSize > 0
                && blockSize <= volume.maximumBytes()
                && blockSize % volume.sectorSize() == 0
                && mostRequests > 0
                && mostNanos > 0
                && volume.sectorCount() * volume.sectorSize() >= blockSize;
        if (!valid) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        if (volume.readOnly() && WorkloadOperation.values()[operation].writes()) {
            throw new SystemCallException(Errno.READ_ONLY);
        }
        BlockWorkload workload = new BlockWorkload(
                disk, WorkloadOperation.values()[operation], depth, blockSize, mostRequests, mostNanos);
        put(memory, address, lock.with(() -> workload.run(scheduler, machine)));
        return 0;
    }

    private static void put(UserMemory memory, long address, WorkloadResult result) throws SystemCallException {
        memory.putLong(address + Layout.RESULT_REQUESTS, result.requests());
        memory.putLong(address + Layout.RESULT_NANOS, result.nanos());
        memory.putLong(address + Layout.RESULT_ERRORS, result.errors());
        memory.putLong(address + Layout.RESULT_P50, result.p50());
        memory.putLong(address + Layout.RESULT_P99, result.p99());
        memory.putLong(address + Layout.RESULT_P999, result.p999());
        memory.putLong(address + Layout.RESULT_MAXIMUM, result.maximum());
        memory.putLong(address + Layout.RESULT_DOORBELLS, result.doorbells());
        memory.putLong(address + Layout.RESULT_INTERRUPTS, result.interrupts());
    }
}
