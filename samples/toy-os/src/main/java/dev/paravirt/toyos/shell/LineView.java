// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import dev.paravirt.toyos.text.CharacterWidth;
import dev.paravirt.toyos.text.Columns;
import java.util.List;

/** How the line being edited is on the screen, in as many rows as it takes, and what to write to change that. */
final class LineView {
    private static final int USUAL_COLUMNS = 80;
    private static final int FEWEST_COLUMNS = 8;
    private static final String CLEAR_BELOW = "\033[J";
    private static final String CLEAR_SCREEN = "\033[H\033[2J";

    private final StringBuilder output = new StringBuilder();
    private String prompt = "";
    private int columns = USUAL_COLUMNS;

    /** The row that the cursor is in; the prompt begins in row 0. */
    private int row;

    // The result of layOut.
    private int laidRow;
    private int laidColumn;

    void begin(String newPrompt, int newColumns) {
        prompt = newPrompt;
        columns = width(newColumns);
        row = 0;
    }

    void resize(int newColumns) {
        // The terminal has wrapped what it showed in a way of its own: the best guess is its own width.
        columns = width(newColumns);
    }

    private static int width(int columns) {
        return columns <= 0 ? USUAL_COLUMNS : Math.max(columns, FEWEST_COLUMNS);
    }

    String take() {
        String all = output.toString();
        output.setLength(0);
        return all;
    }

    void add(String text) {
        output.append(text);
    }

    void clearScreen() {
        output.append(CLEAR_SCREEN);
        row = 0;
    }

    /** Shows all of it anew. */
    void refresh(EditedText text) {
        toRowZero();
        output.append(CLEAR_BELOW).append(prompt).append(text.text());
        layOut(text, text.length());
        if (laidColumn == 0 && laidRow > 0) {
            // The last row is full: the terminal goes to the next one only with a character more.
            output.append("\r\n");
        }
        row = laidRow;
        moveCursor(text);
    }

    /** Shows characters that were just put at the end, if that is all it takes; else false. */
    boolean append(EditedText text, String more) {
        layOut(text, text.length() - more.codePointCount(0, more.length()));
        int rowBefore = laidRow;
        layOut(text, text.length());
        if (rowBefore != row || laidRow != rowBefore || laidColumn == 0) {
            return false;
        }
        output.append(more);
        return true;
    }

    void moveCursor(EditedText text) {
        layOut(text, text.cursor());
        if (laidRow < row) {
            output.append("\033[").append(row - laidRow).append('A');
        } else if (laidRow > row) {
            output.append("\033[").append(laidRow - row).append('B');
        }
        output.append('\r');
        if (laidColumn > 0) {
            output.append("\033[").append(laidColumn).append('C');
        }
        row = laidRow;
    }

    private void toRowZero() {
        if (row > 0) {
            output.append("\033[").append(row).append('A');
        }
        output.append('\r');
        row = 0;
    }

    /** Shows words below the line; then the line can be shown anew below them. */
    void list(EditedText text, List<String> words) {
        layOut(text, text.length());
        if (laidRow > row) {
            output.append("\033[").append(laidRow - row).append('B');
        }
        output.append("\r\n");
        for (String line : Columns.of(words, columns)) {
            output.append(line).append("\r\n");
        }
        row = 0;
    }

    /** Finds out where a character of the text is. */
    private void layOut(EditedText text, int index) {
        laidRow = 0;
        laidColumn = 0;
        prompt.codePoints().forEach(this::put);
        for (int i = 0; i < index; i++) {
            put(text.at(i));
        }
        // A cursor behind a full row, or before a wide character that has no room in it, is in the next one.
        int next = index < text.length() ? Math.max(1, CharacterWidth.of(text.at(index))) : 1;
        if (laidColumn + next > columns) {
            laidRow++;
            laidColumn = 0;
        }
    }

    private void put(int character) {
        int width = CharacterWidth.of(character);
        if (laidColumn + width > columns) {
            laidRow++;
            laidColumn = 0;
        }
        laidColumn += width;
    }
}
