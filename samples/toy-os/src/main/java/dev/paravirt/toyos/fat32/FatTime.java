// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Dates as FAT keeps them: from 1980 to 2107, in steps of two seconds. FAT knows no time zone; we write and read UTC.
 * Times are milliseconds since 1970.
 */
final class FatTime {
    private static final LocalDateTime FIRST = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final LocalDateTime LAST = LocalDateTime.of(2107, 12, 31, 23, 59, 58);

    private FatTime() {}

    /** The date in the upper sixteen bits, the time of day in the lower ones. */
    static int encode(long millis) {
        LocalDateTime t = clamp(millis);
        int date = (t.getYear() - FIRST.getYear()) << 9 | t.getMonthValue() << 5 | t.getDayOfMonth();
        return date << 16 | t.getHour() << 11 | t.getMinute() << 5 | t.getSecond() / 2;
    }

    /** What {@link #encode} leaves out, in steps of 10 ms. */
    static int encodeFraction(long millis) {
        LocalDateTime t = clamp(millis);
        return t.getSecond() % 2 * 100 + t.getNano() / 10_000_000;
    }

    /** Zero and dates that do not exist are the first day of 1980. */
    static long decode(int date, int time, int fraction) {
        LocalDateTime t = FIRST;
        try {
            t = LocalDateTime.of(
                    FIRST.getYear() + (date >>> 9),
                    date >>> 5 & 0x0F,
                    date & 0x1F,
                    time >>> 11,
                    time >>> 5 & 0x3F,
                    (time & 0x1F) * 2);
        } catch (DateTimeException noSuchDate) {
            // Left by a system that keeps no time: the epoch of FAT says as much.
            fraction = 0;
        }
        return t.toInstant(ZoneOffset.UTC).toEpochMilli() + Math.min(fraction, 199) * 10L;
    }

    private static LocalDateTime clamp(long millis) {
        LocalDateTime t = LocalDateTime.ofEpochSecond(
                Math.floorDiv(millis, 1000), Math.floorMod(millis, 1000) * 1_000_000, ZoneOffset.UTC);
        return t.isBefore(FIRST) ? FIRST : t.isAfter(LAST) ? LAST : t;
    }
}
