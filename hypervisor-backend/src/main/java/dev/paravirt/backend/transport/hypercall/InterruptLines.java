// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

/** The interrupt lines of a guest, as a carrier provides them. */
public interface InterruptLines {
    /** Lines are numbered from 0 to this, exclusive. */
    int count();

    /**
     * Adds reasons to a line and wakes who waits for it. From any thread; neither waits nor allocates.
     *
     * @param reasons bits of {@link dev.paravirt.spec.InterruptStatus}
     */
    void raise(int line, int reasons);
}
