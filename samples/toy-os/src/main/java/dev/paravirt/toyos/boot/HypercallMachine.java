// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.toyos.kernel.Machine;

/** The machine as the kernel sees it, made of hypercalls and interrupts. */
final class HypercallMachine implements Machine {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Hypercalls hypercalls;
    private final InterruptController interrupts;

    /** What to add to the monotonic clock: the time since 1970 is asked for once. */
    private final long epochOffsetNanos;

    HypercallMachine(Hypercalls hypercalls, InterruptController interrupts) throws DeviceException {
        this.hypercalls = hypercalls;
        this.interrupts = interrupts;
        epochOffsetNanos = hypercalls.clock(Hypercall.CLOCK_REALTIME) - interrupts.nanoTime();
    }

    @Override
    public long monotonicNanos() {
        return interrupts.nanoTime();
    }

    @Override
    public long epochMillis() {
        return (interrupts.nanoTime() + epochOffsetNanos) / NANOS_PER_MILLI;
    }

    @Override
    public void print(byte[] text, int start, int length) {
        hypercalls.print(text, start, length);
    }

    @Override
    public void poll() {
        interrupts.poll();
    }

    @Override
    public void waitForInterrupt(long nanos) {
        interrupts.await(nanos);
    }

    @Override
    public void powerOff(int exitCode) {
        try {
            hypercalls.powerOff(exitCode);
        } catch (DeviceException refused) {
            throw new IllegalStateException(refused);
        }
    }
}
