// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Cmos;
import dev.paravirt.spec.legacy.PcPorts;
import java.util.Arrays;

/** Reads the time of day from a PC's clock (Motorola MC146818A), to the second. It is taken to be in UTC. */
public final class CmosClock {
    private static final int DATE_BYTES = 7;
    private static final int ATTEMPTS = 10;
    private static final int HALF_DAY = 12;
    private static final int[] REGISTERS = {
        Cmos.SECONDS, Cmos.MINUTES, Cmos.HOURS, Cmos.DAY_OF_MONTH, Cmos.MONTH, Cmos.YEAR, Cmos.CENTURY
    };

    private CmosClock() {}

    /**
     * Reads the clock at its customary place.
     *
     * @return seconds since 1970
     * @throws DeviceException if there is none, or its battery was empty
     */
    public static long epochSeconds(PortGate ports) throws DeviceException {
        // Where nothing is, all bits are set; those below the top one are never set here.
        if (register(ports, Cmos.D) != Cmos.D_VALID) {
            throw new DeviceException(
                    "no clock at port 0x" + Integer.toHexString(PcPorts.CMOS) + ", or one that has lost the time");
        }
        int[] seen = read(ports);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int[] again = read(ports);
            if (Arrays.equals(seen, again)) {
                return seconds(seen, register(ports, Cmos.B));
            }
            // It was updated in between.
            seen = again;
        }
        throw new DeviceException("the clock never stands still for long enough to be read");
    }

    private static int register(PortGate ports, int number) {
        ports.out(PcPorts.CMOS + Cmos.INDEX, 1, number);
        return ports.in(PcPorts.CMOS + Cmos.DATA, 1);
    }

    private static int[] read(PortGate ports) {
        int[] values = new int[DATE_BYTES];
        for (int i = 0; i < DATE_BYTES; i++) {
            values[i] = register(ports, REGISTERS[i]);
        }
        return values;
    }

    private static long seconds(int[] values, int form) {
        boolean binary = (form & Cmos.B_BINARY) != 0;
        int hour = number(values[2] & ~Cmos.AFTERNOON, binary);
        if ((form & Cmos.B_24_HOURS) == 0) {
            hour = hour % HALF_DAY + ((values[2] & Cmos.AFTERNOON) != 0 ? HALF_DAY : 0);
        }
        int year = number(values[6], binary) * 100 + number(values[5], binary);
        long days = days(year, number(values[4], binary), number(values[3], binary));
        return ((days * 24 + hour) * 60 + number(values[1], binary)) * 60 + number(values[0], binary);
    }

    private static int number(int value, boolean binary) {
        return binary ? value : (value >> 4) * 10 + (value & 0xf);
    }

    /** Days from 1970 to a date of the Gregorian calendar, with years that begin in March, so that a leap day is the last. */
    private static long days(int year, int month, int day) {
        long years = month > 2 ? year : year - 1L;
        int monthFromMarch = (month + 9) % 12;
        long leapDays = Math.floorDiv(years, 4) - Math.floorDiv(years, 100) + Math.floorDiv(years, 400);
        return years * 365 + leapDays + (monthFromMarch * 153L + 2) / 5 + day - 1 - 719_468;
    }
}
