// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

/** Text from elsewhere on its way to somebody's terminal, which must not take it for commands. */
final class Printable {
    private Printable() {}

    /** The text, with a backslash and a number in place of every control and format character. */
    static String of(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            if (isSafe(character)) {
                safe.appendCodePoint(character);
            } else {
                safe.append(String.format("\\u{%x}", character));
            }
        });
        return safe.toString();
    }

    /** Whether all of the text shows as it is. */
    static boolean isSafe(String text) {
        return text.codePoints().allMatch(Printable::isSafe);
    }

    private static boolean isSafe(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE -> false;
            default -> true;
        };
    }
}
