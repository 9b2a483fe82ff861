// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.platform;

import java.io.IOException;
import java.io.Serial;

/** A device or the way to it failed, or the two sides do not fit each other. The message names the device. */
public class DeviceException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public DeviceException(String message) {
        super(message);
    }
}
