// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.legacy.PcPorts;
import org.jspecify.annotations.Nullable;

/**
 * The trapped machine: what a PC of its time had, where it had it ({@link PcPorts}). For one machine, which owns what is
 * put on it.
 */
public final class PcBoard implements Board {
    private @Nullable ConsoleEnd serialPort;
    private @Nullable BlockImage disk;
    private @Nullable BlockImage secondDisk;
    private @Nullable NetBackend network;
    private byte[] address = {};

    /** A board with nothing on it yet. */
    public PcBoard() {}

    /** The first serial port leads to an end. */
    public PcBoard serialPort(ConsoleEnd end) {
        serialPort = end;
        return this;
    }

    /** Drive 0 of the primary ATA channel. */
    public PcBoard disk(BlockImage image) {
        disk = image;
        return this;
    }

    /** Drive 1 of the primary ATA channel; not without drive 0. */
    public PcBoard secondDisk(BlockImage image) {
        secondDisk = image;
        return this;
    }

    /** @param mac six bytes */
    public PcBoard network(NetBackend backend, byte[] mac) {
        network = backend;
        address = mac.clone();
        return this;
    }

    @Override
    public void wire(TrapBus bus, GuestMemory memory) {
        if (serialPort != null) {
            new SerialPort("serial", serialPort, bus.line(PcPorts.COM1_LINE)).install(bus, PcPorts.COM1);
        }
        if (disk != null) {
            new AtaChannel("ata", disk, secondDisk, bus.line(PcPorts.ATA_LINE))
                    .install(bus, PcPorts.ATA, PcPorts.ATA_CONTROL);
        }
        if (network != null) {
            new Ne2000Card("ne2000", address, network, bus.line(PcPorts.NE2000_LINE)).install(bus, PcPorts.NE2000);
        }
    }
}
