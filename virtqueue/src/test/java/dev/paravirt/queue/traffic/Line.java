// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

/** How one side of a virtqueue wakes the other, and sleeps. */
public interface Line {
    /**
     * Wakes the other side, now or at its next {@link #await}.
     *
     * @param value of an available buffer notification; 0 from a device
     */
    void wakePeer(int value);

    /**
     * Sleeps until the other side wakes this one.
     *
     * @return false once the other side has nothing more to say
     */
    boolean await();
}
