// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.lang.foreign.Arena;

/** Native memory of a guest that is this test, given out piece by piece. */
public final class TestMemory implements AutoCloseable {
    /** Where it starts; 0 is an address like others, but then a forgotten one would go unnoticed. */
    public static final long BASE = 0x10000;

    public static final int SIZE = 1 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemoryRegion region = new MemoryRegion(BASE, arena.allocate(SIZE, 4096));
    private final GuestMemory guest = new GuestMemory(region);
    private int next;

    public TestMemory() {}

    public GuestMemory guest() {
        return guest;
    }

    public MemoryRegion region() {
        return region;
    }

    /** Zeroed memory, aligned to 64 bytes. */
    public DmaBuffer allocate(int size) {
        DmaBuffer buffer = new DmaBuffer(region, next, size);
        next += (size + 63) & -64;
        return buffer;
    }

    @Override
    public void close() {
        arena.close();
    }
}
