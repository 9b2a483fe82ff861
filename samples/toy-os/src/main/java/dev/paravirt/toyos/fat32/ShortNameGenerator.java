// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.util.Locale;
import java.util.Set;

/** Finds a short name for a long one that no other entry of the directory has. */
final class ShortNameGenerator {
    private static final int BASE = 8;
    private static final int EXTENSION = 3;
    /** As many names are told apart by ~1, ~2, ...; further ones by a hash of the long name. */
    private static final int PLAIN_TAILS = 4;

    private static final int MOST_TAILS = 999_999;

    private ShortNameGenerator() {}

    static ShortName generate(String longName, Set<ShortName> taken) throws FileSystemException {
        ShortName plain = ShortName.exactly(longName.toUpperCase(Locale.ROOT));
        if (plain != null && !taken.contains(plain)) {
            return plain;
        }
        String trimmed = longName.replace(" ", "");
        while (trimmed.startsWith(".")) {
            trimmed = trimmed.substring(1);
        }
        int dot = trimmed.lastIndexOf('.');
        String base = clean(dot < 0 ? trimmed : trimmed.substring(0, dot).replace(".", ""));
        String extension = head(clean(dot < 0 ? "" : trimmed.substring(dot + 1)), EXTENSION);
        for (int tail = 1; tail <= PLAIN_TAILS; tail++) {
            ShortName candidate = withTail(base, tail, extension);
            if (!taken.contains(candidate)) {
                return candidate;
            }
        }
        String hashed = head(base, 2) + String.format(Locale.ROOT, "%04X", longName.hashCode() & 0xFFFF);
        for (int tail = 1; tail <= MOST_TAILS; tail++) {
            ShortName candidate = withTail(hashed, tail, extension);
            if (!taken.contains(candidate)) {
                return candidate;
            }
        }
        throw new FileSystemException(
                FileSystemException.Reason.NO_SPACE, "no short name is left in the directory for " + longName);
    }

    private static ShortName withTail(String base, int number, String extension) {
        String tail = "~" + number;
        return ShortName.of(head(base, BASE - tail.length()) + tail, extension);
    }

    private static String clean(String text) {
        StringBuilder cleaned = new StringBuilder();
        for (char c : text.toUpperCase(Locale.ROOT).toCharArray()) {
            cleaned.append(ShortName.allowed(c) ? c : '_');
        }
        return cleaned.toString();
    }

    private static String head(String text, int length) {
        return text.substring(0, Math.min(length, text.length()));
    }
}
