// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueException;

/** What receive and transmit queues have in common for those who wait for them. */
abstract sealed class NetQueue permits ReceiveQueue, TransmitQueue {
    final DriverVirtqueue ring;
    final int line;
    final AdaptiveSpin spin;

    long notifications;
    long interrupts;
    long frames;
    long bytes;
    long lost;

    NetQueue(DriverVirtqueue ring, int line, long spinNanos) {
        this.ring = ring;
        this.line = line;
        this.spin = new AdaptiveSpin(spinNanos);
    }

    /** Whether there is what one waits for: a received frame, or a free buffer to send one. */
    abstract boolean hasFrame();

    /**
     * Takes used buffers off the ring.
     *
     * @param most how many frames are wanted
     * @return how many buffers there were
     * @throws VirtqueueException if the device made some up
     */
    abstract int harvest(int most);

    /** Whether to show the device what was added, in passing, before anybody has asked for it. */
    abstract boolean isWorthShowing();

    /**
     * Shows the device what was added.
     *
     * @return whether it wants to be notified
     */
    boolean publish() {
        return ring.publish();
    }

    /** Begins anew with a device that was reset. */
    abstract void restart();
}
