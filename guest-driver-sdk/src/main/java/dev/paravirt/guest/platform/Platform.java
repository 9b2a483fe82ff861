// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.platform;

import dev.paravirt.memory.DmaBuffer;

/**
 * What drivers need of the operating system that embeds them: memory that devices can reach, a clock, and a way to wait
 * for an interrupt. With a {@link HypercallGate} or a {@link RegisterGate} it is all of it.
 */
public interface Platform {
    /**
     * Takes zeroed memory for good. Drivers allocate when they start and never afterwards.
     *
     * @param bytes 1 or more
     * @param alignment of the guest-physical address: a power of two, 1 to 4096
     * @throws IllegalStateException if there is not enough left
     */
    DmaBuffer allocate(int bytes, int alignment);

    /** Nanoseconds since an arbitrary start, never going back. */
    long nanoTime();

    /**
     * Waits for an interrupt line and takes its reasons. An operating system lets other tasks run meanwhile. Returning
     * early with 0 is allowed.
     *
     * @param line as the operating system numbers them
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return bits of {@link dev.paravirt.spec.InterruptStatus}, 0 when time ran out. A platform that cannot tell them
     *     apart, as with virtio-mmio, returns all: drivers take a reason that is not there.
     */
    int waitForInterrupt(int line, long timeoutNanos);

    /** A hint, given between two looks at the same word, that the CPU may save power or time for its sibling. */
    default void relax() {}
}
