// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.Locale;

/** Numbers of bytes as people read them. */
final class Sizes {
    private Sizes() {}

    static String text(long bytes) {
        if (bytes < 1 << 10) {
            return bytes + " bytes";
        }
        String unit = bytes < 1 << 20 ? "KiB" : bytes < 1L << 30 ? "MiB" : "GiB";
        double value = bytes / (bytes < 1 << 20 ? 0x1p10 : bytes < 1L << 30 ? 0x1p20 : 0x1p30);
        return String.format(
                Locale.ROOT, value < 100 && value != Math.rint(value) ? "%.1f %s" : "%.0f %s", value, unit);
    }
}
