// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;

/** Native memory of a guest that is this test, given out piece by piece. */
public final class TestMemory implements AutoCloseable {
    /** Where it starts; 0 is an address like others, but then a forgotten one would go unnoticed. */
    public static final long BASE = 0x10000;

    public static final int SIZE = 1 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemoryRegion region;
    private final GuestMemory guest;
    private int next;

    public TestMemory() {
        region = new MemoryRegion(BASE, arena.allocate(SIZE, 4096));
        guest = new GuestMemory(region);
    }

    /** Memory that is a file, which somebody may cut off. */
    public TestMemory(FileChannel file) throws IOException {
        region = new MemoryRegion(BASE, file.map(FileChannel.MapMode.READ_WRITE, 0, SIZE, arena));
        guest = new GuestMemory(region);
    }

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
