// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.util.List;

/**
 * How much of everything a guest in a process of its own is given.
 *
 * @param regions guest memory, 1 to 16 regions that do not overlap
 * @param doorbells how many virtqueues can be notified, at least 1
 * @param lines interrupt lines, at least 1
 */
public record GuestShape(List<Region> regions, int doorbells, int lines) {
    private static final int PAGE = 4096;

    /**
     * A range of guest-physical addresses with memory behind it.
     *
     * @param address guest-physical, a multiple of 4096
     * @param size bytes, a multiple of 4096
     */
    public record Region(long address, long size) {
        public Region {
            if (address < 0 || size <= 0 || address > Long.MAX_VALUE - size || (address | size) % PAGE != 0) {
                throw new IllegalArgumentException("a memory region is whole pages of 4096 bytes: " + size
                        + " bytes at 0x" + Long.toHexString(address));
            }
        }

        private boolean overlaps(Region other) {
            return address < other.address + other.size && other.address < address + size;
        }
    }

    public GuestShape {
        regions = List.copyOf(regions);
        if (regions.isEmpty() || regions.size() > TwoProcessHello.MAX_REGIONS) {
            throw new IllegalArgumentException(
                    "1 to " + TwoProcessHello.MAX_REGIONS + " memory regions, not " + regions.size());
        }
        if (doorbells < 1
                || lines < 1
                || doorbells > TwoProcessHello.MAX_DESCRIPTORS
                || lines > TwoProcessHello.MAX_DESCRIPTORS
                || TwoProcessHello.descriptorCount(regions.size(), doorbells, lines)
                        > TwoProcessHello.MAX_DESCRIPTORS) {
            throw new IllegalArgumentException(
                    "regions, doorbells and lines come to at most " + (TwoProcessHello.MAX_DESCRIPTORS - 3) + ": "
                            + regions.size() + ", " + doorbells + " and " + lines);
        }
        for (int i = 0; i < regions.size(); i++) {
            for (int j = i + 1; j < regions.size(); j++) {
                if (regions.get(i).overlaps(regions.get(j))) {
                    throw new IllegalArgumentException(
                            "memory regions overlap: " + regions.get(i) + " and " + regions.get(j));
                }
            }
        }
    }

    /** One region that begins at guest-physical address 0. */
    public static GuestShape of(long memorySize, int doorbells, int lines) {
        return new GuestShape(List.of(new Region(0, memorySize)), doorbells, lines);
    }
}
