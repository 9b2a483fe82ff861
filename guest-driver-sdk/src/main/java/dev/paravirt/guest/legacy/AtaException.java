// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import java.io.Serial;

/** A command of an ATA disk failed. */
public final class AtaException extends DeviceException {
    /** In place of a status: the disk did not answer in time, and was reset in vain. */
    public static final int NO_ANSWER = -1;

    @Serial
    private static final long serialVersionUID = 1;

    private final long sector;
    private final int status;
    private final int error;

    AtaException(String device, int command, long sector, int status, int error) {
        super(device + ": command 0x" + Integer.toHexString(command) + " at sector " + sector
                + (status == NO_ANSWER
                        ? ": no answer"
                        : ": status 0x" + Integer.toHexString(status) + ", error 0x" + Integer.toHexString(error)));
        this.sector = sector;
        this.status = status;
        this.error = error;
    }

    /** Where the command, or that part of a larger request, began, in units of 512 bytes. */
    public long sector() {
        return sector;
    }

    /** The status register, or {@link #NO_ANSWER}. */
    public int status() {
        return status;
    }

    /** The error register. */
    public int error() {
        return error;
    }
}
