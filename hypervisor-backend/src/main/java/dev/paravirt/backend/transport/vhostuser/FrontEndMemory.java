// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All memory that a front-end has shared. Immutable; a region may belong to several of these, one after the other. */
final class FrontEndMemory {
    static final FrontEndMemory NONE = new FrontEndMemory(List.of(), GuestMemory.NONE);

    private final List<MappedRegion> regions;
    private final GuestMemory guest;

    private FrontEndMemory(List<MappedRegion> regions, GuestMemory guest) {
        this.regions = regions;
        this.guest = guest;
    }

    /** @throws RefusedException if two regions overlap */
    static FrontEndMemory of(List<MappedRegion> regions) throws RefusedException {
        if (regions.isEmpty()) {
            return NONE;
        }
        try {
            GuestMemory guest =
                    new GuestMemory(regions.stream().map(MappedRegion::memory).toArray(MemoryRegion[]::new));
            return new FrontEndMemory(List.copyOf(regions), guest);
        } catch (IllegalArgumentException overlap) {
            throw new RefusedException("a memory table", overlap);
        }
    }

    FrontEndMemory with(MappedRegion more) throws RefusedException {
        List<MappedRegion> all = new ArrayList<>(regions);
        all.add(more);
        return of(all);
    }

    FrontEndMemory without(MappedRegion less) throws RefusedException {
        List<MappedRegion> rest = new ArrayList<>(regions);
        rest.remove(less);
        return of(rest);
    }

    /** Returns the region that is meant, or null. */
    @Nullable
    MappedRegion find(MappedRegion.Description description) {
        for (MappedRegion region : regions) {
            if (region.description().isSame(description)) {
                return region;
            }
        }
        return null;
    }

    int size() {
        return regions.size();
    }

    GuestMemory guest() {
        return guest;
    }

    /**
     * Turns a user address, any number, into a guest-physical one.
     *
     * @throws RefusedException if it lies in no region
     */
    long toGuest(long userAddress) throws RefusedException {
        for (MappedRegion region : regions) {
            if (region.hasUserAddress(userAddress)) {
                return region.toGuest(userAddress);
            }
        }
        throw new RefusedException("user address 0x" + Long.toHexString(userAddress) + " lies in no memory region");
    }

    /** Unmaps all of it. */
    void unmap() {
        regions.forEach(MappedRegion::close);
    }
}
