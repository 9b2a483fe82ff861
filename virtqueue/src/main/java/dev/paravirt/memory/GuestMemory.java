// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.memory;

import org.jspecify.annotations.Nullable;

/**
 * All memory of a guest: one or more {@link MemoryRegion}s that do not overlap. Immutable, for any thread.
 */
public final class GuestMemory {
    /** No memory at all: every address is outside of it. */
    public static final GuestMemory NONE = new GuestMemory();

    private final MemoryRegion[] regions;

    private GuestMemory() {
        regions = new MemoryRegion[0];
    }

    /**
     * @throws IllegalArgumentException if there is none, or if two overlap
     */
    public GuestMemory(MemoryRegion... regions) {
        this.regions = regions.clone();
        if (regions.length == 0) {
            throw new IllegalArgumentException("guest memory needs at least one region");
        }
        for (int a = 0; a < regions.length; a++) {
            for (int b = 0; b < a; b++) {
                if (overlap(regions[a], regions[b])) {
                    throw new IllegalArgumentException("memory regions overlap: " + regions[a] + ", " + regions[b]);
                }
            }
        }
    }

    private static boolean overlap(MemoryRegion a, MemoryRegion b) {
        return a.address() < b.address() + b.size() && b.address() < a.address() + a.size();
    }

    public int regionCount() {
        return regions.length;
    }

    /** @param index 0 to {@code regionCount() - 1} */
    public MemoryRegion region(int index) {
        return regions[index];
    }

    /**
     * The region that holds all of a range.
     *
     * @param gpa guest-physical address as a peer gave it: any number
     * @param length bytes, 0 or more
     * @return null if no region does
     */
    public @Nullable MemoryRegion find(long gpa, long length) {
        for (MemoryRegion region : regions) {
            if (region.contains(gpa, length)) {
                return region;
            }
        }
        return null;
    }
}
