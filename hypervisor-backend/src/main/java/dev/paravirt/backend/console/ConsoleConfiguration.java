// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.spec.console.ConsoleConfig;

/** The configuration space of a console. Read by control calls, changed in changeConfiguration. */
final class ConsoleConfiguration {
    private static final int LARGEST = 0xffff;

    private final int maxPorts;
    private int columns;
    private int rows;

    ConsoleConfiguration(int maxPorts) {
        this.maxPorts = maxPorts;
    }

    static void checkSize(int columns, int rows) {
        if (columns < 0 || columns > LARGEST || rows < 0 || rows > LARGEST) {
            throw new IllegalArgumentException("no size of a terminal: " + columns + " columns, " + rows + " rows");
        }
    }

    void resize(int newColumns, int newRows) {
        columns = newColumns;
        rows = newRows;
    }

    void read(int offset, byte[] destination, int start, int length) {
        for (int i = 0; i < length; i++) {
            destination[start + i] = (byte) byteAt(offset + i);
        }
    }

    private int byteAt(int offset) {
        return switch (offset) {
            case ConsoleConfig.COLS -> columns;
            case ConsoleConfig.COLS + 1 -> columns >>> 8;
            case ConsoleConfig.ROWS -> rows;
            case ConsoleConfig.ROWS + 1 -> rows >>> 8;
            case ConsoleConfig.MAX_NR_PORTS -> maxPorts;
            default -> 0;
        };
    }

    /** Whether a write reaches emerg_wr, all that can be written; of it only the lower byte counts. */
    static boolean isEmergency(int offset, int length) {
        return offset <= ConsoleConfig.EMERG_WR && ConsoleConfig.EMERG_WR < offset + length;
    }

    static byte emergency(int offset, byte[] source, int start) {
        return source[start + ConsoleConfig.EMERG_WR - offset];
    }
}
