// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.kernel.Machine;

/** What all machines have: interrupts, and a clock that was set once. */
abstract class ClockedMachine implements Machine {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final InterruptController interrupts;

    /** What to add to the monotonic clock: the time of day is asked for once. */
    private final long epochOffsetNanos;

    /** @param epochNanos the time of day, in nanoseconds since 1970 */
    ClockedMachine(InterruptController interrupts, long epochNanos) {
        this.interrupts = interrupts;
        epochOffsetNanos = epochNanos - interrupts.nanoTime();
    }

    @Override
    public final long monotonicNanos() {
        return interrupts.nanoTime();
    }

    @Override
    public final long epochMillis() {
        return (interrupts.nanoTime() + epochOffsetNanos) / NANOS_PER_MILLI;
    }

    @Override
    public final void poll() {
        interrupts.poll();
    }

    @Override
    public final void waitForInterrupt(long nanos) {
        interrupts.await(nanos);
    }
}
