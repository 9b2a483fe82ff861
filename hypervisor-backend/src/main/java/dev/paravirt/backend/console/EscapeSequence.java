// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

/**
 * Finds, in what a user types, the keys that are meant for us and not for the guest: those behind Ctrl-A, as with QEMU. All
 * others pass, also a Ctrl-A with a key behind it that means nothing.
 */
final class EscapeSequence {
    /** What {@link #next} returns for a key that leaves the terminal. */
    static final int LEAVE = -1;

    /** What {@link #next} returns for a key that asks for help. */
    static final int HELP = -2;

    /** What {@link #next} returns when the next key decides. */
    static final int NOTHING = -3;

    /** Added to a key before which a Ctrl-A passes too. */
    static final int AFTER_ESCAPE = 0x100;

    /** Ctrl-A. */
    static final byte ESCAPE = 1;

    private static final String MEANINGS = "Ctrl-A X leaves, Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A H shows this";

    private boolean escaped;

    /** What the keys do, in one line. */
    static String help() {
        return MEANINGS;
    }

    /**
     * @param key as it was typed
     * @return the key that passes, 0 to 255; the same with {@link #AFTER_ESCAPE}; or one of the three words above
     */
    int next(byte key) {
        if (!escaped) {
            escaped = key == ESCAPE;
            return escaped ? NOTHING : key & 0xff;
        }
        escaped = false;
        return switch (key) {
            case 'x', 'X' -> LEAVE;
            case 'h', 'H', '?' -> HELP;
            case 'a', 'A', ESCAPE -> ESCAPE;
            default -> AFTER_ESCAPE | (key & 0xff);
        };
    }
}
