// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import java.util.Locale;

/** Numbers for people, and strangers' text made harmless. */
final class Texts {
    private Texts() {}

    /** Text from outside with everything replaced that a terminal might take for a command. */
    static String printable(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> safe.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return safe.toString();
    }

    static String bytes(long count) {
        return bytes((double) count);
    }

    static String bytes(double count) {
        if (count < 10_000) {
            return Math.round(count) + " B";
        }
        if (count < 10e6) {
            return String.format(Locale.ROOT, "%.1f kB", count / 1e3);
        }
        return count < 10e9
                ? String.format(Locale.ROOT, "%.1f MB", count / 1e6)
                : String.format(Locale.ROOT, "%.2f GB", count / 1e9);
    }

    static String rate(double bytesPerSecond) {
        return bytes(bytesPerSecond) + "/s";
    }

    static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 10 ? "%.3f s" : "%.1f s", seconds);
    }
}
