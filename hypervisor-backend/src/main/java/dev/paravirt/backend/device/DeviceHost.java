// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

/** What a device may say to its session unasked. From any thread; a device holds no lock that its control methods take. */
public interface DeviceHost {
    /**
     * Changes what {@link VirtioDevice#readConfig} returns. No driver sees half of the change: it happens between two
     * reads, the configuration generation goes up, and the driver is notified.
     *
     * @param change runs at once on this thread, and only assigns
     */
    void changeConfiguration(Runnable change);

    /**
     * The device cannot go on until the driver resets it: sets DEVICE_NEEDS_RESET and notifies the driver. Of all calls
     * until the reset only the first counts.
     *
     * @param reason for the log: what happened, and what to do about it
     */
    void needsReset(String reason);
}
