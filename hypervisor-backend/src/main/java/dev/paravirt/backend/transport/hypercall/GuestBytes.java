// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import org.jspecify.annotations.Nullable;

/** Copies between guest memory and arrays, for calls that name guest-physical addresses. */
final class GuestBytes {
    private final GuestMemory memory;

    GuestBytes(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * The region that holds all of a range.
     *
     * @return null if there is none
     */
    @Nullable
    MemoryRegion find(long gpa, long length) {
        return memory.find(gpa, length);
    }

    /** Whether a range lies in guest memory, in one region or in several that follow each other. */
    boolean contains(long gpa, int length) {
        int done = 0;
        while (done < length) {
            MemoryRegion region = memory.find(gpa + done, 1);
            if (region == null) {
                return false;
            }
            done += here(region, gpa + done, length - done);
        }
        return true;
    }

    /** Reads a range that {@link #contains} accepted. */
    byte[] read(long gpa, int length) {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            MemoryRegion region = region(gpa + done);
            int here = here(region, gpa + done, length - done);
            region.get(gpa + done - region.address(), bytes, done, here);
            done += here;
        }
        return bytes;
    }

    /** Writes a range that {@link #contains} accepted. */
    void write(long gpa, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            MemoryRegion region = region(gpa + done);
            int here = here(region, gpa + done, bytes.length - done);
            region.put(gpa + done - region.address(), bytes, done, here);
            done += here;
        }
    }

    private MemoryRegion region(long gpa) {
        MemoryRegion region = memory.find(gpa, 1);
        if (region == null) {
            throw new IndexOutOfBoundsException("guest-physical address 0x" + Long.toHexString(gpa));
        }
        return region;
    }

    private static int here(MemoryRegion region, long gpa, int length) {
        return (int) Math.min(length, region.size() - (gpa - region.address()));
    }
}
