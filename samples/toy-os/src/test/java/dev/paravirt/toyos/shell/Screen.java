// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import dev.paravirt.toyos.text.CharacterWidth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A terminal of so many columns and as many rows as it takes: what xterm shows for what the line editor writes. */
final class Screen {
    private static final int NOTHING = 0;
    private static final int SECOND_HALF = -1;

    private final int columns;
    private final List<int[]> rows = new ArrayList<>();
    private int row;
    private int column;
    private boolean wrapPending;
    int bells;

    Screen(int columns) {
        this.columns = columns;
    }

    void write(String text) {
        int[] characters = text.codePoints().toArray();
        for (int i = 0; i < characters.length; i++) {
            if (characters[i] == 0x1B) {
                int end = i + 2;
                while (characters[end] < 0x40) {
                    end++;
                }
                sequence(new String(characters, i + 2, end - i - 2), characters[end]);
                i = end;
            } else {
                character(characters[i]);
            }
        }
    }

    private void sequence(String parameters, int letter) {
        int count = parameters.isEmpty() ? 1 : Integer.parseInt(parameters);
        wrapPending = false;
        switch (letter) {
            case 'A' -> row = Math.max(0, row - count);
            case 'B' -> row += count;
            case 'C' -> column = Math.min(columns - 1, column + count);
            case 'H' -> {
                row = 0;
                column = 0;
            }
            case 'J' -> clear(parameters.equals("2"));
            default -> throw new AssertionError("the editor writes ESC [ " + parameters + (char) letter);
        }
    }

    private void clear(boolean all) {
        if (all) {
            rows.clear();
            return;
        }
        Arrays.fill(at(row), column, columns, NOTHING);
        while (rows.size() > row + 1) {
            rows.removeLast();
        }
    }

    private void character(int c) {
        switch (c) {
            case '\r' -> {
                column = 0;
                wrapPending = false;
            }
            case '\n' -> row++;
            case 7 -> bells++;
            default -> put(c);
        }
    }

    private void put(int c) {
        int width = CharacterWidth.of(c);
        if (width == 0) {
            return;
        }
        if (wrapPending || column + width > columns) {
            row++;
            column = 0;
            wrapPending = false;
        }
        at(row)[column] = c;
        if (width == 2) {
            at(row)[column + 1] = SECOND_HALF;
        }
        column += width;
        if (column == columns) {
            column = columns - 1;
            wrapPending = true;
        }
    }

    private int[] at(int index) {
        while (rows.size() <= index) {
            rows.add(new int[columns]);
        }
        return rows.get(index);
    }

    /** Its rows, parted by a bar, with an underscore where the cursor is. */
    String shown() {
        List<String> lines = new ArrayList<>();
        for (int r = 0; r <= Math.max(row, rows.size() - 1); r++) {
            StringBuilder line = new StringBuilder();
            int[] cells = at(r);
            for (int c = 0; c < columns; c++) {
                if (r == row && c == column) {
                    line.append('_');
                }
                if (cells[c] != SECOND_HALF) {
                    line.appendCodePoint(cells[c] == NOTHING ? ' ' : cells[c]);
                }
            }
            lines.add(line.toString().stripTrailing());
        }
        return String.join("|", lines);
    }
}
