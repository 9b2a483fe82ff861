// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.mmio;

/** The one interrupt of a virtio-mmio device. */
@FunctionalInterface
public interface InterruptPin {
    /**
     * A bit of InterruptStatus has just been set. Called by any thread, also by two at once; does not wait. Whoever
     * emulates a level looks at {@link MmioDevice#isInterruptAsserted} after each write to a register.
     */
    void raise();
}
