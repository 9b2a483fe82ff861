// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.lang.foreign.Arena;

/**
 * A machine of one thread without real time: the device works when it is notified or waited for, and the clock moves
 * when it is read, and when a wait runs out.
 */
final class FakeMachine implements Platform {
    private static final int SIZE = 16 << 20;

    final GuestMemory memory;
    final int[] reasons = new int[4];
    private final MemoryRegion region;
    private Runnable device = () -> {};
    private long next = 4096;
    private long clock;
    int waits;

    FakeMachine() {
        region = new MemoryRegion(0x10_0000, Arena.ofAuto().allocate(SIZE, 4096));
        memory = new GuestMemory(region);
    }

    /** What runs whenever the guest waits. */
    void serveWith(Runnable work) {
        device = work;
    }

    void raise(int line, int reason) {
        reasons[line] |= reason;
    }

    @Override
    public DmaBuffer allocate(int bytes, int alignment) {
        long at = (next + alignment - 1) & -alignment;
        next = at + bytes;
        return new DmaBuffer(region, at, bytes);
    }

    @Override
    public long nanoTime() {
        return clock += 100;
    }

    @Override
    public int waitForInterrupt(int line, long timeoutNanos) {
        waits++;
        if (reasons[line] == 0) {
            device.run();
        }
        int taken = reasons[line];
        reasons[line] = 0;
        if (taken == 0) {
            if (timeoutNanos < 0) {
                throw new AssertionError("the driver waits for ever, and nothing will come");
            }
            clock += timeoutNanos;
        }
        return taken;
    }

    /** Whoever looks again and again lets time pass. */
    @Override
    public void relax() {
        clock += 1_000_000;
    }
}
