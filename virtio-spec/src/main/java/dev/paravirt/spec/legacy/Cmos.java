// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.legacy;

/** Registers of a real-time clock (Motorola MC146818A, "Address Map"), which are reached by an index and a data port. */
public final class Cmos {
    /** The index port: which register the data port is. */
    public static final int INDEX = 0;

    /** The data port. */
    public static final int DATA = 1;

    /** Registers, and bytes of memory behind them. */
    public static final int SIZE = 128;

    /** 0 to 59. */
    public static final int SECONDS = 0x00;

    /** 0 to 59. */
    public static final int MINUTES = 0x02;

    /** 0 to 23, or 1 to 12 with bit 7 for the afternoon: see {@link #B_24_HOURS}. */
    public static final int HOURS = 0x04;

    /** 1 to 7, Sunday being 1. */
    public static final int DAY_OF_WEEK = 0x06;

    /** 1 to 31. */
    public static final int DAY_OF_MONTH = 0x07;

    /** 1 to 12. */
    public static final int MONTH = 0x08;

    /** 0 to 99. */
    public static final int YEAR = 0x09;

    /** Register A: the divider, and whether the time is about to change. */
    public static final int A = 0x0a;

    /** Register B: how numbers are written, and which interrupts are wanted. */
    public static final int B = 0x0b;

    /** Register C: interrupt flags. */
    public static final int C = 0x0c;

    /** Register D: whether the time is right. */
    public static final int D = 0x0d;

    /** 19 or 20: by custom of the PC, in the memory behind the registers. */
    public static final int CENTURY = 0x32;

    /** In register A: the time is being updated, or will be within 244 microseconds. */
    public static final int A_UPDATE_IN_PROGRESS = 0x80;

    /** In register A: a crystal of 32768 Hz, and the periodic rate that a PC has at first. */
    public static final int A_DIVIDER = 0x26;

    /** In register B: hours are 0 to 23. */
    public static final int B_24_HOURS = 0x02;

    /** In register B: numbers are binary, not two decimal digits. */
    public static final int B_BINARY = 0x04;

    /** In register B: the time stands still, so that it can be set. */
    public static final int B_SET = 0x80;

    /** In register D: the battery has not been empty. */
    public static final int D_VALID = 0x80;

    /** In hours of the 12-hour form: in the afternoon. */
    public static final int AFTERNOON = 0x80;

    private Cmos() {}
}
