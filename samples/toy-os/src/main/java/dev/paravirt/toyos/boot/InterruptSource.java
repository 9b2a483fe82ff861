// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

/**
 * A driver as the {@link InterruptController} sees it: something whose rings can be looked at, and that can ask its device
 * for an interrupt. Called on the virtual CPU, never twice at once; no method waits.
 */
interface InterruptSource {
    /**
     * Handles what the device has finished, and shows it what was started.
     *
     * @return whether anything came of it that a task may wait for
     */
    boolean poll();

    /**
     * Whether something is under way that ends soon, and is worth looking for before the CPU sleeps. Input that a person or
     * a network may send at any time is not.
     */
    boolean busy();

    /**
     * Asks the device for interrupts.
     *
     * @return whether waiting is safe; false if there is something to {@link #poll} already
     */
    boolean enableInterrupt();

    /**
     * Ends a wait for interrupts: asks for no more. The line is shared, so what it said may be meant for another.
     *
     * @param reasons bits of {@link dev.paravirt.spec.InterruptStatus}; 0 if no interrupt came
     */
    void interrupted(int reasons);
}
