// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

/**
 * What a run is like.
 *
 * @param seed of everything random
 * @param requests how many
 * @param slots requests under way at most: more than the queue holds, to fill it
 * @param slotBytes the longest request, readable and writable bytes together
 * @param parts buffers of a chain at most
 * @param batch requests published at once at most
 */
public record Traffic(long seed, long requests, int slots, int slotBytes, int parts, int batch) {
    /** Bytes of memory that the buffers of a driver need. */
    public int memorySize() {
        return Math.multiplyExact(slots, slotBytes);
    }
}
