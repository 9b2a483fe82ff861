// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.trap;

/**
 * Reasons for an exit: why a guest stopped and the hypervisor has to act before it goes on. An exit goes the way that a
 * hypercall goes in a carrier (a number and four arguments, {@code HYPERCALLS.md}, "Carriers"), but is none: a guest does
 * not make it on purpose, it accesses a register, and no error comes back. Numbers have the top bit set, which no
 * hypercall has.
 *
 * <p>Widths are 1, 2 or 4 bytes. Values are little-endian numbers, zero-extended. An access to where nothing is reads as
 * all ones and writes nothing, as on a bus that nobody drives.
 */
public final class Exit {
    /** Set in every number here, and in none of a hypercall. */
    public static final int MARK = 0x8000_0000;

    /** {@code IN(port, width)}: the value. */
    public static final int PORT_IN = MARK | 1;

    /** {@code OUT(port, width, value)}: 0. */
    public static final int PORT_OUT = MARK | 2;

    /**
     * {@code REP INS(port, width, count, gpa)}: 0; fills memory with {@code count} values of one port. One exit moves at
     * most {@link #MAX_STRING} bytes, all in one memory region.
     */
    public static final int PORT_IN_STRING = MARK | 3;

    /** {@code REP OUTS(port, width, count, gpa)}: 0; the other way. */
    public static final int PORT_OUT_STRING = MARK | 4;

    /** A load from a device register: {@code (gpa, width)}; the value. */
    public static final int REGISTER_READ = MARK | 5;

    /** A store to a device register: {@code (gpa, width, value)}; 0. */
    public static final int REGISTER_WRITE = MARK | 6;

    /** Bytes: a page, which is what one exit of KVM moves (KVM_EXIT_IO). */
    public static final int MAX_STRING = 4096;

    /** Ports are numbered from 0 to this, exclusive. */
    public static final int PORTS = 0x1_0000;

    private Exit() {}

    /** Whether a number that a guest passed is an exit's, and not a hypercall's. */
    public static boolean isExit(int number) {
        return (number & MARK) != 0;
    }

    /** The value of {@code width} bytes that a bus without a device on it reads as. */
    public static int floating(int width) {
        return width >= Integer.BYTES ? -1 : (1 << width * 8) - 1;
    }
}
