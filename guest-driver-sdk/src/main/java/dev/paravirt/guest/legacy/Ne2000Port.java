// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Ne2000;

/** The registers of an NE2000, and its memory by way of the data port. */
final class Ne2000Port {
    private final PortGate ports;
    private final Platform platform;
    private final Ne2000Options options;
    private final DataPort data;
    private final String name;

    Ne2000Port(PortGate ports, Platform platform, Ne2000Options options) {
        this.ports = ports;
        this.platform = platform;
        this.options = options;
        this.data = new DataPort(ports, options.port() + Ne2000.DATA, options.transfer());
        this.name = "NE2000 at 0x" + Integer.toHexString(options.port());
    }

    String name() {
        return name;
    }

    int read(int register) {
        return ports.in(options.port() + register, 1);
    }

    void write(int register, int value) {
        ports.out(options.port() + register, 1, value);
    }

    /** Writes CR: page 0, no remote DMA, started, and more. */
    void command(int bits) {
        write(Ne2000.CR, Ne2000.CR_NO_DMA | Ne2000.CR_STA | bits);
    }

    void stop() {
        write(Ne2000.CR, Ne2000.CR_NO_DMA | Ne2000.CR_STP);
    }

    void reset() throws DeviceException {
        ports.out(options.port() + Ne2000.RESET, 1, ports.in(options.port() + Ne2000.RESET, 1));
        await(Ne2000.P0_ISR, Ne2000.ISR_RST, Ne2000.ISR_RST, "complete its reset");
        write(Ne2000.P0_ISR, 0xff);
    }

    /** Waits for bits of a register of page 0. */
    void await(int register, int mask, int value, String what) throws DeviceException {
        long start = platform.nanoTime();
        while ((read(register) & mask) != value) {
            if (platform.nanoTime() - start > options.timeoutNanos()) {
                throw new DeviceException(name + " does not " + what);
            }
            platform.relax();
        }
    }

    private void startTransfer(int command, int address, int length) {
        write(Ne2000.P0W_RBCR0, length & 0xff);
        write(Ne2000.P0W_RBCR1, length >> 8);
        write(Ne2000.P0W_RSAR0, address & 0xff);
        write(Ne2000.P0W_RSAR1, address >> 8);
        write(Ne2000.CR, command | Ne2000.CR_STA);
    }

    /** Copies out of the card's memory; an even number of bytes, from an even address on. */
    void readMemory(int address, byte[] destination, int start, int length) {
        startTransfer(Ne2000.CR_REMOTE_READ, address, length);
        data.in(destination, start, length);
        write(Ne2000.P0_ISR, Ne2000.ISR_RDC);
    }

    /** Copies into the card's memory; an even number of bytes, from an even address on. */
    void writeMemory(int address, byte[] source, int start, int length) throws DeviceException {
        write(Ne2000.P0_ISR, Ne2000.ISR_RDC);
        startTransfer(Ne2000.CR_REMOTE_WRITE, address, length);
        data.out(source, start, length);
        await(Ne2000.P0_ISR, Ne2000.ISR_RDC, Ne2000.ISR_RDC, "complete a transfer to its memory");
        write(Ne2000.P0_ISR, Ne2000.ISR_RDC);
    }
}
