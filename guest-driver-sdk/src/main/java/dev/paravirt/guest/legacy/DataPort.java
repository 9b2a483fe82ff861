// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.PortGate;

/** A port, 16 bits wide, that data goes through. */
final class DataPort {
    private static final int WORD = 2;

    private final PortGate ports;
    private final int port;
    private final PortTransfer transfer;

    DataPort(PortGate ports, int port, PortTransfer transfer) {
        this.ports = ports;
        this.port = port;
        this.transfer = transfer;
    }

    /** @param length bytes, even */
    void in(byte[] destination, int start, int length) {
        if (transfer == PortTransfer.STRING) {
            ports.inString(port, WORD, destination, start, length);
            return;
        }
        int at = start;
        while (at < start + length) {
            int width = width(start + length - at);
            int value = ports.in(port, width);
            for (int b = 0; b < width; b++) {
                destination[at++] = (byte) (value >> 8 * b);
            }
        }
    }

    /** @param length bytes, even */
    void out(byte[] source, int start, int length) {
        if (transfer == PortTransfer.STRING) {
            ports.outString(port, WORD, source, start, length);
            return;
        }
        int at = start;
        while (at < start + length) {
            int width = width(start + length - at);
            int value = 0;
            for (int b = 0; b < width; b++) {
                value |= (source[at++] & 0xff) << 8 * b;
            }
            ports.out(port, width, value);
        }
    }

    private int width(int left) {
        return transfer == PortTransfer.DOUBLE_WORD && left >= Integer.BYTES ? Integer.BYTES : WORD;
    }
}
