// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import dev.paravirt.toyos.text.CharacterWidth;
import java.util.Arrays;

/** A line of characters with a cursor. Characters that combine with the one before them go with it. */
final class EditedText {
    /** As much as a command may have, and a little less than the kernel takes. */
    static final int LONGEST = 1000;

    private final int[] characters = new int[LONGEST];
    private int length;
    private int cursor;

    int length() {
        return length;
    }

    int cursor() {
        return cursor;
    }

    int at(int index) {
        return characters[index];
    }

    String text() {
        return new String(characters, 0, length);
    }

    String beforeCursor() {
        return new String(characters, 0, cursor);
    }

    void set(String text) {
        int[] all = text.codePoints().limit(LONGEST).toArray();
        System.arraycopy(all, 0, characters, 0, all.length);
        length = all.length;
        cursor = length;
    }

    /** @return false if there is no room */
    boolean insert(String text) {
        int[] more = text.codePoints().toArray();
        if (more.length > LONGEST - length) {
            return false;
        }
        System.arraycopy(characters, cursor, characters, cursor + more.length, length - cursor);
        System.arraycopy(more, 0, characters, cursor, more.length);
        length += more.length;
        cursor += more.length;
        return true;
    }

    void moveTo(int index) {
        cursor = Math.clamp(index, 0, length);
    }

    void left() {
        moveTo(before(cursor));
    }

    void right() {
        moveTo(after(cursor));
    }

    void wordLeft() {
        moveTo(wordStart());
    }

    void wordRight() {
        moveTo(wordEnd());
    }

    /** Removes what is between the cursor and a place, and returns it. */
    String delete(int other) {
        int from = Math.min(cursor, other);
        int to = Math.max(cursor, other);
        String removed = new String(characters, from, to - from);
        System.arraycopy(characters, to, characters, from, length - to);
        length -= to - from;
        Arrays.fill(characters, length, length + to - from, 0);
        cursor = from;
        return removed;
    }

    int before(int index) {
        int start = index;
        do {
            start--;
        } while (start > 0 && CharacterWidth.of(characters[start]) == 0);
        return Math.max(start, 0);
    }

    int after(int index) {
        int end = index + 1;
        while (end < length && CharacterWidth.of(characters[end]) == 0) {
            end++;
        }
        return Math.min(end, length);
    }

    int wordStart() {
        int start = cursor;
        while (start > 0 && characters[start - 1] == ' ') {
            start--;
        }
        while (start > 0 && characters[start - 1] != ' ') {
            start--;
        }
        return start;
    }

    int wordEnd() {
        int end = cursor;
        while (end < length && characters[end] == ' ') {
            end++;
        }
        while (end < length && characters[end] != ' ') {
            end++;
        }
        return end;
    }
}
