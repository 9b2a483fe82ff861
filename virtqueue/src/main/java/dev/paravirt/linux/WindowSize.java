// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

/**
 * The size of a terminal.
 *
 * @param columns in characters, 0 to 65535; 0 if it is not known
 * @param rows as {@code columns}
 */
public record WindowSize(int columns, int rows) {
    private static final int LARGEST = 0xffff;

    public WindowSize {
        if (columns < 0 || columns > LARGEST || rows < 0 || rows > LARGEST) {
            throw new IllegalArgumentException("no size of a terminal: " + columns + " columns, " + rows + " rows");
        }
    }
}
