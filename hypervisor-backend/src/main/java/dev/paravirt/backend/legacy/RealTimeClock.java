// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Cmos;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/**
 * The time of day as a PC tells it (Motorola MC146818A, "Real-Time Clock plus RAM"), in UTC: decimal or binary, with 24
 * hours or twice 12, with the century where a PC has it, and memory. It takes the time from the host, and cannot be set.
 * It neither alarms nor interrupts, as a guest of ours has better clocks to wait for.
 */
final class RealTimeClock implements TrappedDevice {
    private static final int CENTURY = 100;
    private static final int HALF_DAY = 12;
    private static final int ALL_INTERRUPTS = 0x70;

    private final InstantSource source;
    private final byte[] memory = new byte[Cmos.SIZE];
    private int index;
    private int control = Cmos.B_24_HOURS;

    /** What the time was when it was made to stand still. */
    private Instant frozen = Instant.EPOCH;

    RealTimeClock(InstantSource source) {
        this.source = source;
    }

    void install(TrapBus bus, int port) {
        bus.ports(port, 2, this, 0);
    }

    @Override
    public String name() {
        return "clock";
    }

    @Override
    public String registerName(int register, boolean write) {
        return register == Cmos.INDEX ? "Index" : "Data";
    }

    /** Whoever reads the index reads nothing: PCs have it write-only. */
    @Override
    public int read(int register, int width) {
        return register == Cmos.DATA ? value() : 0xff;
    }

    private int value() {
        ZonedDateTime time = time().atZone(ZoneOffset.UTC);
        return switch (index) {
            case Cmos.SECONDS -> number(time.getSecond());
            case Cmos.MINUTES -> number(time.getMinute());
            case Cmos.HOURS -> hours(time.getHour());
            case Cmos.DAY_OF_WEEK -> number(time.getDayOfWeek().getValue() % 7 + 1);
            case Cmos.DAY_OF_MONTH -> number(time.getDayOfMonth());
            case Cmos.MONTH -> number(time.getMonthValue());
            case Cmos.YEAR -> number(time.getYear() % CENTURY);
            case Cmos.CENTURY -> number(time.getYear() / CENTURY % CENTURY);
            // An update takes no time here, so that none is ever in progress.
            case Cmos.A -> Cmos.A_DIVIDER;
            case Cmos.B -> control;
            case Cmos.C -> 0;
            case Cmos.D -> Cmos.D_VALID;
            default -> memory[index] & 0xff;
        };
    }

    private Instant time() {
        return (control & Cmos.B_SET) != 0 ? frozen : source.instant();
    }

    private int hours(int hour) {
        if ((control & Cmos.B_24_HOURS) != 0) {
            return number(hour);
        }
        int half = hour % HALF_DAY == 0 ? HALF_DAY : hour % HALF_DAY;
        return number(half) | (hour >= HALF_DAY ? Cmos.AFTERNOON : 0);
    }

    private int number(int value) {
        return (control & Cmos.B_BINARY) != 0 ? value : value / 10 << 4 | value % 10;
    }

    @Override
    public void write(int register, int width, int value) {
        if (register == Cmos.INDEX) {
            index = value & Cmos.SIZE - 1;
        } else if (index == Cmos.B) {
            if ((value & ~control & Cmos.B_SET) != 0) {
                frozen = source.instant();
            }
            control = value & 0xff & ~ALL_INTERRUPTS;
        } else if (index > Cmos.D && index != Cmos.CENTURY) {
            memory[index] = (byte) value;
        }
    }

    @Override
    public void close() {}
}
