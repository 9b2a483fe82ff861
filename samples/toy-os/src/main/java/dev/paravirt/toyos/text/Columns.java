// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.text;

import java.util.ArrayList;
import java.util.List;

/** Words side by side, in columns that are read downwards. */
public final class Columns {
    private static final int GAP = 2;

    private Columns() {}

    /** @param width of a line in characters, at least 1 */
    public static List<String> of(List<String> words, int width) {
        int widest = GAP;
        for (String word : words) {
            widest = Math.max(widest, width(word) + GAP);
        }
        int across = Math.max(1, (width + GAP) / widest);
        int rows = (words.size() + across - 1) / across;
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            StringBuilder line = new StringBuilder();
            for (int i = row; i < words.size(); i += rows) {
                String word = words.get(i);
                boolean last = i + rows >= words.size();
                line.append(word).append(" ".repeat(last ? 0 : widest - width(word)));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    /** Columns that a text takes on a terminal. */
    public static int width(String text) {
        return text.codePoints().map(CharacterWidth::of).sum();
    }
}
