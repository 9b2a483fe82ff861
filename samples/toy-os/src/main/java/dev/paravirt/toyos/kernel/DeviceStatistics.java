// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** What the driver of a device has counted since boot. Input is what came from the device, output what went to it. */
public interface DeviceStatistics {
    /** The device in a word or two. */
    String name();

    /** Requests or buffers with input: reads of a disk, frames received. */
    long inputs();

    long inputBytes();

    /** Requests or buffers with output. */
    long outputs();

    long outputBytes();

    /** Times that the driver went to the hypervisor: notifications sent, and registers accessed where those are trapped. */
    long exits();

    /** Interrupts that came. */
    long interrupts();
}
