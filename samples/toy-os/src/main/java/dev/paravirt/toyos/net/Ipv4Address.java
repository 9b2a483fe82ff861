// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import org.jspecify.annotations.Nullable;

/** IPv4 addresses, which the stack keeps in an int, as people write them. */
public final class Ipv4Address {
    public static final int ANY = 0;
    public static final int BROADCAST = -1;

    private Ipv4Address() {}

    public static String format(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xFF) + "." + (address >>> 8 & 0xFF) + "." + (address & 0xFF);
    }

    /** Four decimal numbers with dots between; null for anything else. */
    public static @Nullable Integer parse(String text) {
        int address = 0;
        int parts = 0;
        int digits = 0;
        int value = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? '.' : text.charAt(i);
            if (c == '.') {
                if (digits == 0 || value > 255 || parts == 4) {
                    return null;
                }
                address = address << 8 | value;
                parts++;
                digits = 0;
                value = 0;
            } else if (c >= '0' && c <= '9' && digits < 3) {
                value = value * 10 + c - '0';
                digits++;
            } else {
                return null;
            }
        }
        return parts == 4 ? address : null;
    }

    /** A station address, in the low 48 bits, as {@code 52:54:00:12:34:56}. */
    public static String formatMac(long mac) {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (mac >>> shift) & 0xFF;
            text.append(shift == 40 ? "" : ":")
                    .append(Character.forDigit(octet >>> 4, 16))
                    .append(Character.forDigit(octet & 0xF, 16));
        }
        return text.toString();
    }

    static boolean isMulticast(int address) {
        return address >>> 28 == 0xE;
    }

    static boolean isLoopback(int address) {
        return address >>> 24 == 127;
    }
}
