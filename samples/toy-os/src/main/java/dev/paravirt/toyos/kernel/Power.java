// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** Whether a program has asked for the end of the machine. */
final class Power {
    private static final int ON = -1;

    private int status = ON;

    /** @param exitStatus of the machine, 0 to 255; the first one counts */
    void off(int exitStatus) {
        if (status == ON) {
            status = exitStatus;
        }
    }

    boolean isOff() {
        return status != ON;
    }

    int status() {
        return status;
    }
}
