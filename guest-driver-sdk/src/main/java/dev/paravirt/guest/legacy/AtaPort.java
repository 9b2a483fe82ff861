// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Ata;

/** The registers of one drive of an ATA channel, waiting for it, and moving data. */
final class AtaPort {
    private final PortGate ports;
    private final Platform platform;
    private final AtaOptions options;
    private final DataPort data;
    private long interrupts;

    AtaPort(PortGate ports, Platform platform, AtaOptions options) {
        this.ports = ports;
        this.platform = platform;
        this.options = options;
        this.data = new DataPort(ports, options.commandBlock(), options.transfer());
    }

    long interrupts() {
        return interrupts;
    }

    int read(int register) {
        return ports.in(options.commandBlock() + register, 1);
    }

    void write(int register, int value) {
        ports.out(options.commandBlock() + register, 1, value);
    }

    int alternateStatus() {
        return ports.in(options.controlBlock(), 1);
    }

    private void control(int value) {
        ports.out(options.controlBlock(), 1, isPolled() ? value | Ata.CONTROL_NIEN : value);
    }

    private boolean isPolled() {
        return options.line() == AtaOptions.POLL;
    }

    /** Selects the drive, with the bits of Device that a command wants beside. */
    void select(int deviceBits) {
        write(Ata.DEVICE, deviceBits | options.drive() * Ata.DEVICE_DEV);
    }

    /** An interrupt of a command before is not one of the next. */
    void dropInterrupts() {
        if (!isPolled()) {
            platform.waitForInterrupt(options.line(), 0);
        }
    }

    /**
     * Waits for the interrupt of a command, then for the drive to be ready; without interrupts, just that.
     *
     * @return the status, or {@link AtaException#NO_ANSWER}
     */
    int awaitInterrupt() {
        if (isPolled()) {
            return awaitReady();
        }
        long start = platform.nanoTime();
        long left = options.timeoutNanos();
        while (left > 0) {
            if (platform.waitForInterrupt(options.line(), left) != 0) {
                interrupts++;
                int status = read(Ata.STATUS);
                if ((status & Ata.STATUS_BSY) == 0) {
                    return status;
                }
            }
            left = options.timeoutNanos() - (platform.nanoTime() - start);
        }
        // An interrupt may have been lost: then the drive is ready all the same.
        int status = read(Ata.STATUS);
        return (status & Ata.STATUS_BSY) == 0 ? status : AtaException.NO_ANSWER;
    }

    /** Looks at the status until the drive is ready. */
    int awaitReady() {
        long start = platform.nanoTime();
        int status = read(Ata.STATUS);
        while ((status & Ata.STATUS_BSY) != 0) {
            if (platform.nanoTime() - start > options.timeoutNanos()) {
                return AtaException.NO_ANSWER;
            }
            platform.relax();
            status = read(Ata.STATUS);
        }
        return status;
    }

    /** SRST, for both drives of the channel (ATA/ATAPI-6, "Software reset protocol"). */
    void reset(String name) throws DeviceException {
        control(Ata.CONTROL_SRST);
        pause(5_000);
        control(0);
        pause(2_000_000);
        if (awaitReady() == AtaException.NO_ANSWER) {
            throw new DeviceException(name + " is still busy after a reset");
        }
        select(0);
        if (awaitReady() == AtaException.NO_ANSWER) {
            throw new DeviceException(name + " is still busy after a reset");
        }
        dropInterrupts();
    }

    private void pause(long nanos) {
        long start = platform.nanoTime();
        while (platform.nanoTime() - start < nanos) {
            platform.relax();
        }
    }

    /** The data register. */
    DataPort data() {
        return data;
    }
}
