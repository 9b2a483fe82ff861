// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The eleven bytes by which systems of another age know a file: eight for the base, three for the extension. */
record ShortName(String padded) {
    static final int SIZE = 11;
    private static final int BASE = 8;
    private static final String PUNCTUATION = "!#$%&'()-@^_`{}~";

    /** What the bytes from 0x80 mean in code page 437, which disks are written with unless told otherwise. */
    private static final String UPPER_HALF =
            "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧"
                    + "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    private static final int LOWER_CASE_BASE = 0x08;
    private static final int LOWER_CASE_EXTENSION = 0x10;
    /** Stands for a first byte of 0xE5, which itself would say that the entry is deleted. */
    private static final int ESCAPED_E5 = 0x05;

    static ShortName read(byte[] from, int offset) {
        return new ShortName(new String(from, offset, SIZE, StandardCharsets.ISO_8859_1));
    }

    static ShortName of(String base, String extension) {
        return new ShortName(pad(base, BASE) + pad(extension, SIZE - BASE));
    }

    /** The short name that says all that {@code name} says, or null if there is none. */
    static @Nullable ShortName exactly(String name) {
        int dot = name.lastIndexOf('.');
        String base = dot < 0 ? name : name.substring(0, dot);
        String extension = dot < 0 ? "" : name.substring(dot + 1);
        boolean fits = !base.isEmpty()
                && base.length() <= BASE
                && extension.length() <= SIZE - BASE
                && (dot < 0 || !extension.isEmpty())
                && (base + extension).chars().allMatch(ShortName::allowed);
        return fits ? of(base, extension) : null;
    }

    static boolean allowed(int c) {
        return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || PUNCTUATION.indexOf(c) >= 0;
    }

    byte[] bytes() {
        return padded.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** What ties the parts of a long name to this short one. */
    int checksum() {
        int sum = 0;
        for (byte b : bytes()) {
            sum = ((sum >>> 1 | sum << 7) + (b & 0xFF)) & 0xFF;
        }
        return sum;
    }

    /**
     * The name as people see it.
     *
     * @param caseFlags the byte that says which part is meant in lower case
     */
    String display(int caseFlags) {
        String first = padded.charAt(0) == ESCAPED_E5 ? "\u00E5" + padded.substring(1) : padded;
        String base = decode(first.substring(0, BASE), caseFlags & LOWER_CASE_BASE);
        String extension = decode(padded.substring(BASE), caseFlags & LOWER_CASE_EXTENSION);
        String name = extension.isEmpty() ? base : base + "." + extension;
        return name.isEmpty() ? "_" : name;
    }

    private static String decode(String bytes, int lowerCase) {
        StringBuilder text = new StringBuilder();
        for (char c : bytes.stripTrailing().toCharArray()) {
            char decoded = c < 0x80 ? c : UPPER_HALF.charAt(c - 0x80);
            text.append(LongName.forbidden(decoded) ? '_' : decoded);
        }
        return lowerCase == 0 ? text.toString() : text.toString().toLowerCase(Locale.ROOT);
    }

    private static String pad(String text, int length) {
        char[] padded = new char[length];
        Arrays.fill(padded, ' ');
        text.getChars(0, text.length(), padded, 0);
        return new String(padded);
    }
}
