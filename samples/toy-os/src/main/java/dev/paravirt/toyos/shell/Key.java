// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

/** Keys as numbers: a character is its code point, Ctrl with a letter its control character, and others are negative. */
public final class Key {
    /** No key yet, or one that means nothing here. */
    public static final int NONE = -1;

    public static final int UP = -2;
    public static final int DOWN = -3;
    public static final int LEFT = -4;
    public static final int RIGHT = -5;
    public static final int HOME = -6;
    public static final int END = -7;
    public static final int DELETE = -8;
    public static final int WORD_LEFT = -9;
    public static final int WORD_RIGHT = -10;
    public static final int DELETE_WORD = -11;
    /** What follows up to {@link #PASTE_END} was pasted. */
    public static final int PASTE_BEGIN = -12;

    public static final int PASTE_END = -13;

    public static final int BACKSPACE = 0x7F;
    public static final int ENTER = '\r';
    public static final int TAB = '\t';

    private Key() {}

    /** Ctrl with a letter. */
    public static int ctrl(char letter) {
        return letter & 0x1F;
    }
}
