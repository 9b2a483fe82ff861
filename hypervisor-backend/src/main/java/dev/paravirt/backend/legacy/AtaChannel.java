// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.transport.trap.InterruptOutput;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.trap.Exit;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An ATA channel with one or two disks in PIO mode, to T13 1410D, "AT Attachment with Packet Interface - 6
 * (ATA/ATAPI-6)". Registers 0 to 7 are the command block, 8 is Device Control and Alternate Status. Mandatory commands of
 * a disk, the 48-bit feature set, READ and WRITE MULTIPLE; no DMA.
 *
 * <p>What the standard leaves open: a command that is written while data is due ends the one before.
 */
public final class AtaChannel implements TrappedDevice {
    private static final int WORD = 2;

    private final String name;
    private final AtaDrive device0;
    private final @Nullable AtaDrive device1;
    private final InterruptOutput interrupt;
    private int control;
    private boolean isDevice1Selected;

    /**
     * @param device0 belongs to the channel, which closes it, like device1
     * @param device1 null if there is none
     */
    public AtaChannel(String name, BlockImage device0, @Nullable BlockImage device1, InterruptOutput interrupt) {
        this(name, device0, name + "-0", device1, name + "-1", interrupt);
    }

    AtaChannel(
            String name,
            BlockImage device0,
            String serial0,
            @Nullable BlockImage device1,
            String serial1,
            InterruptOutput interrupt) {
        this.name = name;
        this.device0 = new AtaDrive(device0, serial0);
        this.device1 = device1 == null ? null : new AtaDrive(device1, serial1);
        this.interrupt = interrupt;
    }

    /** Puts the channel at a command block and a control block. */
    public void install(TrapBus bus, int commandBlock, int controlBlock) {
        bus.ports(commandBlock, Ata.COMMAND_BLOCK, this, 0);
        bus.ports(controlBlock, 1, this, Ata.DEVICE_CONTROL);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String registerName(int register, boolean write) {
        return switch (register) {
            case Ata.DATA -> "Data";
            case Ata.ERROR -> write ? "Features" : "Error";
            case Ata.SECTOR_COUNT -> "Sector Count";
            case Ata.LBA_LOW -> "LBA Low";
            case Ata.LBA_MID -> "LBA Mid";
            case Ata.LBA_HIGH -> "LBA High";
            case Ata.DEVICE -> "Device";
            case Ata.STATUS -> write ? "Command" : "Status";
            default -> write ? "Device Control" : "Alternate Status";
        };
    }

    private @Nullable AtaDrive selected() {
        return isDevice1Selected ? device1 : device0;
    }

    @Override
    public int read(int register, int width) {
        if (register == Ata.DATA && width >= WORD) {
            int value = readWord();
            value |= width > WORD ? readWord() << 16 : 0;
            update();
            return value;
        }
        int value = 0;
        for (int b = 0; b < width; b++) {
            // Behind the last register of either block, the bus floats.
            boolean there = register + b < Ata.COMMAND_BLOCK || b == 0;
            value |= (there ? readByte(register + b) : Exit.floating(1)) << 8 * b;
        }
        update();
        return value;
    }

    private int readWord() {
        AtaDrive drive = selected();
        return drive == null ? 0 : drive.readData();
    }

    private int readByte(int register) {
        AtaDrive drive = selected();
        if (drive == null) {
            // Device 0 answers for a device 1 that is absent ("Device 0 only configurations").
            boolean isStatus = register == Ata.STATUS || register == Ata.ALTERNATE_STATUS;
            return isStatus ? 0 : readByte(device0, register);
        }
        return readByte(drive, register);
    }

    private int readByte(AtaDrive drive, int register) {
        return switch (register) {
            case Ata.DATA -> drive.readData() & 0xff;
            case Ata.ERROR -> drive.error();
            case Ata.STATUS -> {
                drive.endInterrupt();
                yield drive.status();
            }
            case Ata.ALTERNATE_STATUS -> drive.status();
            default -> drive.registers.read(register, (control & Ata.CONTROL_HOB) != 0);
        };
    }

    @Override
    public void write(int register, int width, int value) {
        if (register == Ata.DATA && width >= WORD) {
            writeWord(value & 0xffff);
            if (width > WORD) {
                writeWord(value >>> 16);
            }
        } else {
            for (int b = 0; b < width && (register + b < Ata.COMMAND_BLOCK || b == 0); b++) {
                writeByte(register + b, value >> 8 * b & 0xff);
            }
        }
        update();
    }

    private void writeWord(int word) {
        AtaDrive drive = selected();
        if (drive != null) {
            drive.writeData(word);
        }
    }

    private void writeByte(int register, int value) {
        if (register == Ata.DEVICE_CONTROL) {
            writeControl(value);
            return;
        }
        control &= ~Ata.CONTROL_HOB;
        if (isInReset()) {
            return;
        }
        switch (register) {
            case Ata.DATA -> writeWord(value);
            case Ata.COMMAND -> writeCommand(value);
            default -> {
                if (register == Ata.DEVICE) {
                    isDevice1Selected = (value & Ata.DEVICE_DEV) != 0;
                }
                device0.registers.write(register, value);
                if (device1 != null) {
                    device1.registers.write(register, value);
                }
            }
        }
    }

    private boolean isInReset() {
        return (control & Ata.CONTROL_SRST) != 0;
    }

    private void writeControl(int value) {
        boolean wasInReset = isInReset();
        control = value;
        if (isInReset()) {
            device0.holdInReset();
            if (device1 != null) {
                device1.holdInReset();
            }
        } else if (wasInReset) {
            isDevice1Selected = false;
            device0.endReset();
            if (device1 != null) {
                device1.endReset();
            }
        }
    }

    private void writeCommand(int command) {
        if (command == Ata.EXECUTE_DEVICE_DIAGNOSTIC) {
            isDevice1Selected = false;
            device0.diagnose(true);
            if (device1 != null) {
                device1.diagnose(false);
            }
            return;
        }
        AtaDrive drive = selected();
        if (drive != null) {
            drive.command(command);
        }
    }

    @Override
    public void readString(int register, int width, int count, MemorySegment memory, long offset) {
        AtaDrive drive = selected();
        if (register != Ata.DATA || width < WORD || drive == null) {
            TrappedDevice.super.readString(register, width, count, memory, offset);
            return;
        }
        drive.readData(memory, offset, width * count);
        update();
    }

    @Override
    public void writeString(int register, int width, int count, MemorySegment memory, long offset) {
        AtaDrive drive = selected();
        if (register != Ata.DATA || width < WORD || drive == null) {
            TrappedDevice.super.writeString(register, width, count, memory, offset);
            return;
        }
        drive.writeData(memory, offset, width * count);
        update();
    }

    /** The selected drive alone has the interrupt line, unless the host has none of it. */
    private void update() {
        AtaDrive drive = selected();
        interrupt.set(drive != null && drive.isInterrupting() && (control & Ata.CONTROL_NIEN) == 0);
    }

    @Override
    public void close() {
        device0.close();
        if (device1 != null) {
            device1.close();
        }
    }
}
