// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ne2000;

/**
 * What an NE2000 has on its memory bus: 32 bytes of PROM at 0, in which each byte of the station address is there twice,
 * and 16 KiB of RAM. Addresses are any 16-bit numbers: elsewhere nothing answers.
 */
final class CardMemory {
    private static final int BYTE = 0xff;
    private static final int START = Ne2000.RAM_START * Ne2000.PAGE;
    private static final int STOP = Ne2000.RAM_STOP * Ne2000.PAGE;
    private static final int FIRST_MARK = 14;

    private final byte[] prom = new byte[Ne2000.PROM];
    private final byte[] ram = new byte[STOP - START];

    CardMemory(byte[] address) {
        for (int i = 0; i < Ne2000.PROM / 2; i++) {
            int value = i < Ne2000.ADDRESS ? address[i] : i >= FIRST_MARK ? Ne2000.PROM_MARK : 0;
            prom[2 * i] = (byte) value;
            prom[2 * i + 1] = (byte) value;
        }
    }

    int read(int address) {
        if (address < Ne2000.PROM) {
            return prom[address] & BYTE;
        }
        return address >= START && address < STOP ? ram[address - START] & BYTE : BYTE;
    }

    void write(int address, int value) {
        if (address >= START && address < STOP) {
            ram[address - START] = (byte) value;
        }
    }

    /** Reads on, from any address to any other. */
    void read(int address, byte[] destination, int length) {
        if (address >= START && address + length <= STOP) {
            System.arraycopy(ram, address - START, destination, 0, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            destination[i] = (byte) read(address + i & 0xffff);
        }
    }

    /** Writes part of a page. */
    void write(int address, byte[] source, int start, int length) {
        if (address >= START && address + length <= STOP) {
            System.arraycopy(source, start, ram, address - START, length);
        }
    }
}
