// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import java.util.List;
import java.util.function.Function;

/** A word as it was typed: what of it means something is known only when it is run. */
public final class Word {
    /** Marks in {@code kinds}. */
    static final char LITERAL = 'l';

    static final char PATTERN = 'p';
    static final char STATUS = 's';

    private final String text;
    private final String kinds;

    /**
     * @param text its characters, without quotes
     * @param kinds for each of them: LITERAL, PATTERN for a star or a question mark, STATUS for what the last command's
     *     status takes the place of
     */
    Word(String text, String kinds) {
        this.text = text;
        this.kinds = kinds;
    }

    /**
     * The word or words that it stands for.
     *
     * @param status of the command before
     * @param names gives the names in a directory, as it is written before the last slash of a word: "" for the current one
     */
    public List<String> expand(int status, Function<String, List<String>> names) {
        StringBuilder expanded = new StringBuilder();
        StringBuilder expandedKinds = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            String part = kinds.charAt(i) == STATUS ? Integer.toString(status) : text.substring(i, i + 1);
            expanded.append(part);
            expandedKinds.append(kinds.substring(i, i + 1).repeat(part.length()));
        }
        String word = expanded.toString();
        int slash = word.lastIndexOf('/') + 1;
        int pattern = expandedKinds.indexOf(String.valueOf(PATTERN));
        // Only the last part of a path may be a pattern; elsewhere it is taken as it is written.
        if (pattern < slash) {
            return List.of(word);
        }
        String last = word.substring(slash);
        String lastKinds = expandedKinds.substring(slash);
        List<String> found = names.apply(word.substring(0, slash)).stream()
                .filter(name -> !name.startsWith(".") || last.startsWith("."))
                .filter(name -> matches(name, 0, last, lastKinds, 0))
                .sorted(String.CASE_INSENSITIVE_ORDER)
                .map(name -> word.substring(0, slash) + name)
                .toList();
        return found.isEmpty() ? List.of(word) : found;
    }

    private static boolean matches(String name, int at, String pattern, String kinds, int from) {
        int i = at;
        for (int p = from; p < pattern.length(); p++) {
            char expected = pattern.charAt(p);
            boolean special = kinds.charAt(p) == PATTERN;
            if (special && expected == '*') {
                return p + 1 == pattern.length() || matchesLater(name, i, pattern, kinds, p + 1);
            }
            if (i == name.length()
                    || !special && Character.toLowerCase(name.charAt(i)) != Character.toLowerCase(expected)) {
                return false;
            }
            i++;
        }
        return i == name.length();
    }

    /** At most one star less each time, and names are short: that is all the time it takes. */
    private static boolean matchesLater(String name, int at, String pattern, String kinds, int from) {
        for (int start = at; start <= name.length(); start++) {
            if (matches(name, start, pattern, kinds, from)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return text;
    }
}
