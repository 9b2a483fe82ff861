// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;

/** One of the three parts of a virtqueue where the driver put it: a region and an offset in it, checked. */
record Area(MemoryRegion region, long offset) {
    static Area find(GuestMemory memory, String name, long address, long size, int alignment) {
        if (address % alignment != 0) {
            throw new VirtqueueException("the " + name + " at 0x" + Long.toHexString(address) + " is not aligned to "
                    + alignment + " bytes");
        }
        MemoryRegion region = memory.find(address, size);
        if (region == null) {
            throw new VirtqueueException("the " + name + " of " + size + " bytes at 0x" + Long.toHexString(address)
                    + " does not lie in memory");
        }
        return new Area(region, address - region.address());
    }

    /** The region in which an indirect table lies; no object is made for it, as this happens with each request. */
    static MemoryRegion regionOfTable(GuestMemory memory, long address, long length) {
        MemoryRegion region = memory.find(address, length);
        if (region == null) {
            throw new VirtqueueException(
                    "an indirect table outside of memory: " + length + " bytes at 0x" + Long.toHexString(address));
        }
        return region;
    }
}
