// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.legacy;

/** Registers, commands and IDENTIFY words of ATA (T13 1410D, "AT Attachment with Packet Interface - 6"), as far as PIO. */
public final class Ata {
    public static final int SECTOR = 512;

    /** Data, 16 bits. */
    public static final int DATA = 0;
    /** Error, read. */
    public static final int ERROR = 1;
    /** Features, written. */
    public static final int FEATURES = 1;

    public static final int SECTOR_COUNT = 2;
    public static final int LBA_LOW = 3;
    public static final int LBA_MID = 4;
    public static final int LBA_HIGH = 5;
    public static final int DEVICE = 6;
    /** Read; ends the interrupt. */
    public static final int STATUS = 7;
    /** Written. */
    public static final int COMMAND = 7;
    /** In the control block, numbered behind the command block here: read, and leaves the interrupt. */
    public static final int ALTERNATE_STATUS = 8;
    /** In the control block: written. */
    public static final int DEVICE_CONTROL = 8;
    /** How many registers the command block has. */
    public static final int COMMAND_BLOCK = 8;
    /** How many there are with the control block. */
    public static final int REGISTERS = 9;

    public static final int STATUS_BSY = 0x80;
    public static final int STATUS_DRDY = 0x40;
    /** Device fault. */
    public static final int STATUS_DF = 0x20;
    /** Seek complete until ATA-3, obsolete since; disks still set it. */
    public static final int STATUS_DSC = 0x10;

    public static final int STATUS_DRQ = 0x08;
    public static final int STATUS_ERR = 0x01;

    /** Uncorrectable data. */
    public static final int ERROR_UNC = 0x40;
    /** The address is not there. */
    public static final int ERROR_IDNF = 0x10;
    /** The command was aborted. */
    public static final int ERROR_ABRT = 0x04;
    /** Diagnostic code: device 0 passed, device 1 passed or is absent. */
    public static final int DIAGNOSTIC_PASSED = 0x01;

    /** An LBA is in the registers, not a cylinder, a head and a sector. */
    public static final int DEVICE_LBA = 0x40;
    /** Device 1 is selected. */
    public static final int DEVICE_DEV = 0x10;

    public static final int DEVICE_HEAD = 0x0f;

    /** High order byte: registers read as they were before they were written last. */
    public static final int CONTROL_HOB = 0x80;
    /** Software reset, while set. */
    public static final int CONTROL_SRST = 0x04;
    /** No interrupts. */
    public static final int CONTROL_NIEN = 0x02;

    public static final int READ_SECTORS = 0x20;
    public static final int READ_SECTORS_NO_RETRY = 0x21;
    public static final int READ_SECTORS_EXT = 0x24;
    public static final int READ_MULTIPLE_EXT = 0x29;
    public static final int WRITE_SECTORS = 0x30;
    public static final int WRITE_SECTORS_NO_RETRY = 0x31;
    public static final int WRITE_SECTORS_EXT = 0x34;
    public static final int WRITE_MULTIPLE_EXT = 0x39;
    public static final int READ_VERIFY = 0x40;
    public static final int READ_VERIFY_NO_RETRY = 0x41;
    public static final int READ_VERIFY_EXT = 0x42;
    public static final int SEEK = 0x70;
    public static final int EXECUTE_DEVICE_DIAGNOSTIC = 0x90;
    public static final int INITIALIZE_DEVICE_PARAMETERS = 0x91;
    public static final int READ_MULTIPLE = 0xc4;
    public static final int WRITE_MULTIPLE = 0xc5;
    public static final int SET_MULTIPLE_MODE = 0xc6;
    public static final int STANDBY_IMMEDIATE = 0xe0;
    public static final int IDLE_IMMEDIATE = 0xe1;
    public static final int STANDBY = 0xe2;
    public static final int IDLE = 0xe3;
    public static final int CHECK_POWER_MODE = 0xe5;
    public static final int SLEEP = 0xe6;
    public static final int FLUSH_CACHE = 0xe7;
    public static final int FLUSH_CACHE_EXT = 0xea;
    public static final int IDENTIFY_DEVICE = 0xec;
    public static final int SET_FEATURES = 0xef;

    public static final int FEATURE_ENABLE_WRITE_CACHE = 0x02;
    public static final int FEATURE_TRANSFER_MODE = 0x03;
    public static final int FEATURE_DISABLE_LOOK_AHEAD = 0x55;
    public static final int FEATURE_KEEP_SETTINGS = 0x66;
    public static final int FEATURE_DISABLE_WRITE_CACHE = 0x82;
    public static final int FEATURE_ENABLE_LOOK_AHEAD = 0xaa;
    public static final int FEATURE_POWER_ON_SETTINGS = 0xcc;

    /** The highest PIO mode. */
    public static final int MAX_PIO_MODE = 4;

    /** Sectors that 28-bit commands reach. */
    public static final long LBA28_SECTORS = 1L << 28;
    /** Sectors that 48-bit commands reach. */
    public static final long LBA48_SECTORS = 1L << 48;
    /** Sectors of one 28-bit command, which says 0 for it. */
    public static final int MAX_COUNT = 256;
    /** Sectors of one 48-bit command, which says 0 for it. */
    public static final int MAX_COUNT_EXT = 65_536;

    public static final int ID_CYLINDERS = 1;
    public static final int ID_HEADS = 3;
    public static final int ID_SECTORS = 6;
    public static final int ID_SERIAL = 10;
    public static final int ID_FIRMWARE = 23;
    public static final int ID_MODEL = 27;
    public static final int ID_MAX_MULTIPLE = 47;
    public static final int ID_CAPABILITIES = 49;
    public static final int ID_MULTIPLE = 59;
    public static final int ID_LBA28_SECTORS = 60;
    public static final int ID_COMMANDS_83 = 83;
    public static final int ID_ENABLED_85 = 85;
    public static final int ID_LBA48_SECTORS = 100;
    /** In {@link #ID_CAPABILITIES}. */
    public static final int CAPABILITY_LBA = 0x0200;
    /** In {@link #ID_MULTIPLE}: the low byte is valid. */
    public static final int MULTIPLE_VALID = 0x0100;
    /** In {@link #ID_COMMANDS_83}: 48-bit addresses. */
    public static final int COMMANDS_48_BIT = 0x0400;
    /** In {@link #ID_COMMANDS_83}: FLUSH CACHE. */
    public static final int COMMANDS_FLUSH = 0x1000;
    /** In {@link #ID_COMMANDS_83}: FLUSH CACHE EXT. */
    public static final int COMMANDS_FLUSH_EXT = 0x2000;
    /** In word 85 and 82: write cache. */
    public static final int COMMANDS_WRITE_CACHE = 0x0020;

    private Ata() {}
}
