// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import java.io.IOException;

/** The sector that tells others how many clusters are free. We count for ourselves at mount, and just keep it right. */
record FsInfo(BlockCache cache, long offset) {
    private static final int LEAD_SIGNATURE = 0x4161_5252;
    private static final int STRUCTURE_SIGNATURE = 0x6141_7272;
    private static final int STRUCTURE_OFFSET = 484;
    private static final int FREE_COUNT_OFFSET = 488;
    private static final int NEXT_FREE_OFFSET = 492;

    /** Writes the counts, unless the volume has no such sector. */
    void update(int freeClusters, int nextFree) throws IOException {
        if (offset == BootSector.ABSENT
                || cache.getInt(offset) != LEAD_SIGNATURE
                || cache.getInt(offset + STRUCTURE_OFFSET) != STRUCTURE_SIGNATURE) {
            return;
        }
        put(FREE_COUNT_OFFSET, freeClusters);
        put(NEXT_FREE_OFFSET, nextFree);
    }

    private void put(int field, int value) throws IOException {
        if (cache.getInt(offset + field) != value) {
            cache.putInt(offset + field, value, WriteOrder.ALLOCATION);
        }
    }
}
