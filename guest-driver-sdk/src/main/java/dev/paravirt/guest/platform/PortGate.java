// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.platform;

/**
 * The I/O ports of a machine. Accesses happen in program order; where the ports are a hypervisor's, each call is one exit.
 * Values are little-endian numbers of the given width, zero-extended; a width is 1, 2 or 4 bytes.
 */
public interface PortGate {
    /** IN. A port where nothing is reads as all ones. */
    int in(int port, int width);

    /** OUT. */
    void out(int port, int width, int value);

    /**
     * REP INS: reads one port over and over.
     *
     * @param length bytes: a multiple of {@code width}
     */
    void inString(int port, int width, byte[] destination, int start, int length);

    /** REP OUTS: writes one port over and over. */
    void outString(int port, int width, byte[] source, int start, int length);
}
