// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.spec.legacy.PcPorts;

/**
 * Where an ATA disk is, and how to talk to it.
 *
 * @param commandBlock port of the data register
 * @param controlBlock port of Device Control
 * @param drive 0 or 1
 * @param transfer how data is moved
 * @param line the channel's interrupt, or {@link #POLL}
 * @param multiple sectors to move per interrupt: 1, or a power of two up to 128; the disk may allow fewer
 * @param timeoutNanos how long a command, and a reset, may take, more than 0
 */
public record AtaOptions(
        int commandBlock,
        int controlBlock,
        int drive,
        PortTransfer transfer,
        int line,
        int multiple,
        long timeoutNanos) {
    /** In place of a line: look at the status until the disk is ready. */
    public static final int POLL = -1;

    private static final int MOST_SECTORS = 128;

    /** Drive 0 of the primary channel of a PC, with interrupts and string transfers, 16 sectors a block. */
    public static final AtaOptions DEFAULT = new AtaOptions(
            PcPorts.ATA, PcPorts.ATA_CONTROL, 0, PortTransfer.STRING, PcPorts.ATA_LINE, 16, 10_000_000_000L);

    public AtaOptions {
        if (drive < 0
                || drive > 1
                || line < POLL
                || multiple < 1
                || multiple > MOST_SECTORS
                || (multiple & (multiple - 1)) != 0
                || timeoutNanos <= 0) {
            throw new IllegalArgumentException("no options of an ATA driver: drive " + drive + ", line " + line + ", "
                    + multiple + " sectors a block, " + timeoutNanos + " ns");
        }
    }

    public AtaOptions withDrive(int number) {
        return new AtaOptions(commandBlock, controlBlock, number, transfer, line, multiple, timeoutNanos);
    }

    public AtaOptions withTransfer(PortTransfer way) {
        return new AtaOptions(commandBlock, controlBlock, drive, way, line, multiple, timeoutNanos);
    }

    public AtaOptions withLine(int number) {
        return new AtaOptions(commandBlock, controlBlock, drive, transfer, number, multiple, timeoutNanos);
    }

    public AtaOptions withMultiple(int sectors) {
        return new AtaOptions(commandBlock, controlBlock, drive, transfer, line, sectors, timeoutNanos);
    }

    public AtaOptions withTimeout(long nanos) {
        return new AtaOptions(commandBlock, controlBlock, drive, transfer, line, multiple, nanos);
    }
}
