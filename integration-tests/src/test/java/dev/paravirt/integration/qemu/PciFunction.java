// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

/** The configuration space of one PCI function on bus 0, through the two I/O ports that every PC has for it. */
final class PciFunction {
    private static final int ADDRESS_PORT = 0xcf8;
    private static final int DATA_PORT = 0xcfc;
    private static final int ENABLE = 1 << 31;

    private static final int DEVICES = 32;
    private static final int COMMAND = 0x04;
    private static final int COMMAND_MEMORY_AND_BUS_MASTER = 2 | 4;
    private static final int BARS = 0x10;
    private static final int BAR_TYPE = 6;
    private static final int BAR_64_BITS = 4;
    private static final int FIRST_CAPABILITY = 0x34;

    /** No memory of the machine is here, and no other device: nobody has assigned addresses but we. */
    private static final int BARS_ADDRESS = 0xc0000000;

    private static final int BYTES_PER_BAR = 1 << 20;

    private final QtestClient qtest;
    private final int device;

    /** Finds the first function 0 with these identifiers. */
    static PciFunction find(QtestClient qtest, int vendor, int id) {
        for (int device = 0; device < DEVICES; device++) {
            PciFunction function = new PciFunction(qtest, device);
            if (function.read(0) == (id << 16 | vendor)) {
                return function;
            }
        }
        throw new IllegalStateException("QEMU has no PCI device " + Integer.toHexString(id));
    }

    private PciFunction(QtestClient qtest, int device) {
        this.qtest = qtest;
        this.device = device;
    }

    /** Its device number on the bus. */
    int device() {
        return device;
    }

    /** 32 bits from a multiple of 4 on. */
    int read(int offset) {
        select(offset);
        return qtest.readPort(DATA_PORT);
    }

    private void write(int offset, int value) {
        select(offset);
        qtest.writePort(DATA_PORT, value);
    }

    private void select(int offset) {
        qtest.writePort(ADDRESS_PORT, ENABLE | device << 11 | offset);
    }

    /** Where the first capability is; 0 if there is none. */
    int firstCapability() {
        return read(FIRST_CAPABILITY) & 0xfc;
    }

    /** Where the next capability is; 0 after the last. */
    int nextCapability(int capability) {
        return read(capability) >>> 8 & 0xfc;
    }

    /** Gives a memory BAR its address, which is always the same. */
    long mapBar(int bar) {
        int register = BARS + 4 * bar;
        int address = BARS_ADDRESS + bar * BYTES_PER_BAR;
        boolean wide = (read(register) & BAR_TYPE) == BAR_64_BITS;
        write(register, address);
        if (wide) {
            write(register + 4, 0);
        }
        return Integer.toUnsignedLong(address);
    }

    /** From now on the device answers in its BARs and reads and writes memory. Its interrupts use the pin. */
    void enable() {
        // The status bits in the upper half are cleared by ones: zeroes leave them.
        write(COMMAND, COMMAND_MEMORY_AND_BUS_MASTER);
    }
}
