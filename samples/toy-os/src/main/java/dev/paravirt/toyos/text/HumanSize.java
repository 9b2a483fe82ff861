// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.text;

/** Numbers of bytes as people read them. */
public final class HumanSize {
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private HumanSize() {}

    /** "17 B", "1.5 KiB", "640 MiB": at most four digits. */
    public static String of(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.5) {
            value /= 1024;
            unit++;
        }
        // Three digits say enough.
        long tenths = Math.round(value * 10);
        return (tenths < 1000 ? tenths / 10 + "." + tenths % 10 : Math.round(value) + "") + " " + UNITS[unit];
    }
}
