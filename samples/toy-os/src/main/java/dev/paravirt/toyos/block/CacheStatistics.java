// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

/** What a {@link BlockCache} did since it was made. */
public final class CacheStatistics {
    long hits;
    long misses;
    long reads;
    long blocksRead;
    long writeBacks;
    long blocksWritten;

    CacheStatistics() {}

    /** Uses of a block that was in the cache, or on its way there. */
    public long hits() {
        return hits;
    }

    public long misses() {
        return misses;
    }

    /** Read transfers. */
    public long reads() {
        return reads;
    }

    public long blocksRead() {
        return blocksRead;
    }

    /** Times that dirty blocks were written, in the background or by sync. */
    public long writeBacks() {
        return writeBacks;
    }

    public long blocksWritten() {
        return blocksWritten;
    }
}
