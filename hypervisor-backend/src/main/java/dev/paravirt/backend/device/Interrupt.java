// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

/**
 * How a transport notifies the driver of one device. From any thread, also from two at once; neither method waits or
 * allocates. All that was written to guest memory before is visible to the driver that is notified.
 */
public interface Interrupt {
    /** A used buffer notification: buffers of this queue were used, and the driver wants to know. */
    void usedBuffer(int queue);

    /** A configuration change notification: the configuration changed, or DEVICE_NEEDS_RESET was set. */
    void configurationChanged();
}
