// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.legacy;

/** Where a PC has its devices: I/O ports, and lines of the interrupt controller. */
public final class PcPorts {
    /** The first serial port. */
    public static final int COM1 = 0x3f8;

    /** Its interrupt. */
    public static final int COM1_LINE = 4;

    /** Command block of the primary ATA channel. */
    public static final int ATA = 0x1f0;

    /** Its control block: Device Control and Alternate Status. */
    public static final int ATA_CONTROL = 0x3f6;

    /** Its interrupt. */
    public static final int ATA_LINE = 14;

    /** An NE2000, as its jumpers are set when it is sold. */
    public static final int NE2000 = 0x300;

    /** Its interrupt. */
    public static final int NE2000_LINE = 9;

    /** Index and data of the clock, and of the memory that its battery keeps. */
    public static final int CMOS = 0x70;

    /** A port that prints the characters that are written to it, and reads as itself: as Bochs has it, and QEMU. */
    public static final int DEBUG_CONSOLE = 0xe9;

    /** A port that powers the machine off, with what is written as its exit code: as QEMU's microvm and its tests have. */
    public static final int DEBUG_EXIT = 0x501;

    /** How many interrupt lines there are. */
    public static final int LINES = 16;

    private PcPorts() {}
}
