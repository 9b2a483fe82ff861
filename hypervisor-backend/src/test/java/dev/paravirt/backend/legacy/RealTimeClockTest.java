// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.legacy.Cmos;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;

/** The registers of an MC146818A as its data sheet has them. */
class RealTimeClockTest {
    private static final int[] REGISTERS = {
        Cmos.SECONDS, Cmos.MINUTES, Cmos.HOURS, Cmos.DAY_OF_WEEK, Cmos.DAY_OF_MONTH, Cmos.MONTH, Cmos.YEAR, Cmos.CENTURY
    };

    private Instant now = Instant.parse("2026-11-26T21:47:58Z");
    private final RealTimeClock clock = new RealTimeClock(() -> now);

    private int read(int register) {
        clock.write(Cmos.INDEX, 1, register);
        return clock.read(Cmos.DATA, 1);
    }

    private void write(int register, int value) {
        clock.write(Cmos.INDEX, 1, register);
        clock.write(Cmos.DATA, 1, value);
    }

    /** Numbers in hexadecimal: "Data Mode" and "24/12" of register B. */
    @ParameterizedTest
    @CsvSource({
        "2026-11-26T21:47:58Z, 02, 58, 47, 21, 05, 26, 11, 26, 20",
        "2026-11-26T21:47:58Z, 06, 3a, 2f, 15, 05, 1a, 0b, 1a, 14",
        "2026-11-26T21:47:58Z, 00, 58, 47, 89, 05, 26, 11, 26, 20",
        "2026-11-26T21:47:58Z, 04, 3a, 2f, 89, 05, 1a, 0b, 1a, 14",
        "2000-02-29T00:00:00Z, 00, 00, 00, 12, 03, 29, 02, 00, 20",
        "1999-12-31T12:59:09Z, 00, 09, 59, 92, 06, 31, 12, 99, 19",
        "2027-01-03T12:00:00Z, 02, 00, 00, 12, 01, 03, 01, 27, 20",
    })
    void theTimeInEachForm(ArgumentsAccessor line) {
        now = Instant.parse(line.getString(0));
        write(Cmos.B, HexFormat.fromHexDigits(line.getString(1)));
        for (int i = 0; i < REGISTERS.length; i++) {
            assertThat(read(REGISTERS[i]))
                    .as("register %d", REGISTERS[i])
                    .isEqualTo(HexFormat.fromHexDigits(line.getString(2 + i)));
        }
    }

    @Test
    void itStandsStillWhileItIsSet() {
        write(Cmos.B, Cmos.B_24_HOURS | Cmos.B_SET);
        now = now.plusSeconds(90);
        assertThat(read(Cmos.MINUTES)).isEqualTo(0x47);
        write(Cmos.MINUTES, 0x11);
        write(Cmos.B, Cmos.B_24_HOURS);
        assertThat(read(Cmos.MINUTES))
                .as("the host's time, as it cannot be set")
                .isEqualTo(0x49);
    }

    @Test
    void registersAndMemory() {
        assertThat(read(Cmos.A)).isEqualTo(Cmos.A_DIVIDER);
        assertThat(read(Cmos.C)).isZero();
        assertThat(read(Cmos.D)).isEqualTo(Cmos.D_VALID);
        write(Cmos.B, 0xff);
        assertThat(read(Cmos.B)).as("it does not interrupt").isEqualTo(0x8f);
        write(Cmos.B, 0);
        for (int register = Cmos.D + 1; register < Cmos.SIZE; register++) {
            if (register != Cmos.CENTURY) {
                write(register, register ^ 0xa5);
            }
        }
        for (int register = Cmos.D + 1; register < Cmos.SIZE; register++) {
            if (register != Cmos.CENTURY) {
                assertThat(read(register)).isEqualTo(register ^ 0xa5);
            }
        }
        clock.write(Cmos.INDEX, 1, 0x80 | Cmos.D);
        assertThat(clock.read(Cmos.DATA, 1)).as("bit 7 of the index masks NMI").isEqualTo(Cmos.D_VALID);
    }
}
