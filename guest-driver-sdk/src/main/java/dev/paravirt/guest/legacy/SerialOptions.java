// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.spec.legacy.Uart;

/**
 * Where a serial port is, and how fast.
 *
 * @param port of the first register
 * @param line its interrupt
 * @param baud bits a second: 115200 divided by 1 to 65535
 * @param bufferBytes for input that nobody has read yet, at least 16
 */
public record SerialOptions(int port, int line, int baud, int bufferBytes) {
    /** The first serial port of a PC, as fast as it goes, with 4096 bytes for input. */
    public static final SerialOptions DEFAULT = new SerialOptions(PcPorts.COM1, PcPorts.COM1_LINE, Uart.MAX_BAUD, 4096);

    public SerialOptions {
        if (baud < 2 || baud > Uart.MAX_BAUD || bufferBytes < Uart.FIFO_SIZE || line < 0) {
            throw new IllegalArgumentException("no options of a serial port: " + baud + " baud, " + bufferBytes
                    + " bytes of buffer, line " + line);
        }
    }

    public SerialOptions withLine(int number) {
        return new SerialOptions(port, number, baud, bufferBytes);
    }

    /** What the divisor latch is set to. */
    int divisor() {
        return Uart.MAX_BAUD / baud;
    }
}
