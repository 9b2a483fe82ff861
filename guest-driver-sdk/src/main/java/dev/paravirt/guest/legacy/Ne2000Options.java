// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.spec.legacy.PcPorts;

/**
 * Where an NE2000 is, and how to talk to it.
 *
 * @param port of the command register
 * @param transfer how data is moved
 * @param line its interrupt
 * @param timeoutNanos how long the card may take for anything, more than 0
 */
public record Ne2000Options(int port, PortTransfer transfer, int line, long timeoutNanos) {
    /** At the customary place, with string transfers. */
    public static final Ne2000Options DEFAULT =
            new Ne2000Options(PcPorts.NE2000, PortTransfer.STRING, PcPorts.NE2000_LINE, 1_000_000_000L);

    public Ne2000Options {
        if (line < 0 || timeoutNanos <= 0) {
            throw new IllegalArgumentException("no options of an NE2000: line " + line + ", " + timeoutNanos + " ns");
        }
    }

    public Ne2000Options withTransfer(PortTransfer way) {
        return new Ne2000Options(port, way, line, timeoutNanos);
    }

    public Ne2000Options withLine(int number) {
        return new Ne2000Options(port, transfer, number, timeoutNanos);
    }
}
