// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.legacy.PcPorts;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
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
    private String diskSerial = "ata-0";
    private String secondDiskSerial = "ata-1";
    private int serialLine = PcPorts.COM1_LINE;
    private int ataLine = PcPorts.ATA_LINE;
    private int networkLine = PcPorts.NE2000_LINE;
    private @Nullable InstantSource clock;
    private @Nullable Consumer<byte[]> debugConsole;
    private @Nullable IntConsumer powerOff;

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

    /** As {@link #disk(BlockImage)}, with a serial number: up to 20 ASCII characters. */
    public PcBoard disk(BlockImage image, String serial) {
        diskSerial = serial;
        return disk(image);
    }

    /** As {@link #secondDisk(BlockImage)}, with a serial number: up to 20 ASCII characters. */
    public PcBoard secondDisk(BlockImage image, String serial) {
        secondDiskSerial = serial;
        return secondDisk(image);
    }

    /**
     * Where the devices interrupt, if not where a PC has it: a machine whose interrupt controller has fewer inputs. Devices
     * may share a line; the one who hears it has to ask each.
     */
    public PcBoard lines(int serial, int ata, int net) {
        serialLine = serial;
        ataLine = ata;
        networkLine = net;
        return this;
    }

    /** The time of day. */
    public PcBoard clock(InstantSource source) {
        clock = source;
        return this;
    }

    /** @param sink takes what is printed, on the thread of the exit */
    public PcBoard debugConsole(Consumer<byte[]> sink) {
        debugConsole = sink;
        return this;
    }

    /** @param action takes the exit code, 0 to 255, once, on the thread of the exit */
    public PcBoard powerOff(IntConsumer action) {
        powerOff = action;
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
            new SerialPort("serial", serialPort, bus.line(serialLine)).install(bus, PcPorts.COM1);
        }
        if (disk != null) {
            new AtaChannel("ata", disk, diskSerial, secondDisk, secondDiskSerial, bus.line(ataLine))
                    .install(bus, PcPorts.ATA, PcPorts.ATA_CONTROL);
        }
        if (network != null) {
            new Ne2000Card("ne2000", address, network, bus.line(networkLine)).install(bus, PcPorts.NE2000);
        }
        if (clock != null) {
            new RealTimeClock(clock).install(bus, PcPorts.CMOS);
        }
        if (debugConsole != null) {
            bus.ports(PcPorts.DEBUG_CONSOLE, 1, new DebugConsole(debugConsole), 0);
        }
        if (powerOff != null) {
            bus.ports(PcPorts.DEBUG_EXIT, 1, new DebugExit(powerOff), 0);
        }
    }
}
