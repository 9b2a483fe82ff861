// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.vhostuser.InflightLayout;

/**
 * The part of a vhost-user front-end's inflight memory that belongs to one virtqueue: whoever serves the queue after this
 * process has died reads there what was in flight (see {@link InflightLayout}). Others may write there at any time: it is
 * read once, when a queue is resumed, and only written from then on.
 *
 * <p>Each store is a release, undivided. A process dies between two stores, and its successor sees all before that point
 * and none after it.
 */
public class InflightRegion {
    private final MemoryRegion memory;
    private final long start;
    private final int descriptors;

    /**
     * @param start where in the memory the region starts, a multiple of 8
     * @param descriptors entries, 1 to 32768
     * @throws IndexOutOfBoundsException if it does not lie in the memory
     */
    public InflightRegion(MemoryRegion memory, long start, int descriptors) {
        if (start < 0 || start > memory.size() - InflightLayout.queueRegionSize(descriptors)) {
            throw new IndexOutOfBoundsException(descriptors + " entries at " + start + " of " + memory.size());
        }
        this.memory = memory;
        this.start = start;
        this.descriptors = descriptors;
    }

    final int descriptors() {
        return descriptors;
    }

    /** Nothing is in flight, and the queue may start anywhere. Not while it is served. */
    public final void forget() {
        putInt(InflightLayout.VERSION, 0);
    }

    /** @throws VirtqueueException if it was used by somebody whose notes mean something else */
    final boolean isUsed() {
        int word = getInt(InflightLayout.VERSION);
        int version = word & 0xffff;
        if (version == 0) {
            return false;
        }
        if (version != InflightLayout.CURRENT_VERSION || word >>> 16 != descriptors) {
            throw new VirtqueueException("inflight memory of version " + version + " with " + (word >>> 16)
                    + " entries, not version " + InflightLayout.CURRENT_VERSION + " with " + descriptors);
        }
        return true;
    }

    /** All else was written: from now on it counts. */
    final void use() {
        putInt(InflightLayout.VERSION, InflightLayout.CURRENT_VERSION | descriptors << 16);
    }

    final int getInt(long offset) {
        return memory.getIntOpaque(start + offset);
    }

    final long getLong(long offset) {
        return memory.getLongOpaque(start + offset);
    }

    void putShort(long offset, int value) {
        memory.putShortRelease(start + offset, (short) value);
    }

    void putInt(long offset, int value) {
        memory.putIntRelease(start + offset, value);
    }

    void putLong(long offset, long value) {
        memory.putLongRelease(start + offset, value);
    }
}
