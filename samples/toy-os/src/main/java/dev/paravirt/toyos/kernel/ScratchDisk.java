// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A disk that holds nothing of worth, and the counters of its driver.
 *
 * @param doorbells how often the device was notified so far
 * @param interrupts how often the device interrupted so far
 */
public record ScratchDisk(
        BlockVolume volume, LongSupplier doorbells, LongSupplier interrupts, Map<Integer, BlockBuffer[]> buffers) {

    public ScratchDisk(BlockVolume volume, LongSupplier doorbells, LongSupplier interrupts) {
        this(volume, doorbells, interrupts, new HashMap<>());
    }

    /** Buffers of one size; made once and kept, since DMA memory is not given back. */
    BlockBuffer[] buffers(int count, int size) {
        BlockBuffer[] kept = buffers.computeIfAbsent(size, s -> new BlockBuffer[0]);
        if (kept.length < count) {
            BlockBuffer[] more = new BlockBuffer[count];
            System.arraycopy(kept, 0, more, 0, kept.length);
            for (int i = kept.length; i < count; i++) {
                more[i] = volume.allocate(size);
            }
            buffers.put(size, more);
            return more;
        }
        return kept;
    }
}
