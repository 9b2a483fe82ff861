// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import java.io.IOException;

/** Starts the drivers of one type of device at boot, and keeps what it found for the kernel. */
interface DeviceStarter {
    /** One of {@link dev.paravirt.spec.DeviceType}. */
    int deviceType();

    /**
     * Starts the driver of one more device. Devices come in the machine's order.
     *
     * @throws IOException if the system cannot run with that device failing; the boot ends then
     */
    void start(FoundDevice found) throws IOException;
}
