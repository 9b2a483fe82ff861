// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Ata;

/**
 * Drives an ATA disk in PIO mode (T13 1410D, "AT Attachment with Packet Interface - 6"). One request at a time, which is
 * waited for; a disk that does not answer is reset with SRST and asked again.
 *
 * <p>For one thread. Allocates nothing after the start.
 */
public final class AtaDriver {
    private static final int ATTEMPTS = 3;
    /** The status of a channel that nobody is on. */
    private static final int NOBODY = 0xff;

    private static final int FAILED = Ata.STATUS_ERR | Ata.STATUS_DF;

    private final AtaPort port;
    private final AtaOptions options;
    private final String name;
    private final byte[] identity = new byte[Ata.SECTOR];
    private long capacity;
    private boolean has48Bit;
    private boolean hasFlushExt;
    private int multiple = 1;
    private long resets;

    /**
     * Looks whether a disk is there, and sets it up.
     *
     * @throws DeviceException if there is none, or none that a driver of PIO and LBA can use
     */
    public static AtaDriver start(PortGate ports, Platform platform, AtaOptions options) throws DeviceException {
        AtaDriver driver = new AtaDriver(ports, platform, options);
        driver.probe();
        driver.port.reset(driver.name);
        driver.identify();
        driver.setUp();
        return driver;
    }

    private AtaDriver(PortGate ports, Platform platform, AtaOptions options) {
        this.port = new AtaPort(ports, platform, options);
        this.options = options;
        this.name = "ATA disk " + options.drive() + " at 0x" + Integer.toHexString(options.commandBlock());
    }

    /** Registers that hold what is written to them are somebody's; one in the middle of a command holds nothing. */
    private void probe() throws DeviceException {
        if (!answers() && port.alternateStatus() != NOBODY) {
            port.reset(name);
        }
        if (!answers()) {
            throw new DeviceException("no " + name);
        }
    }

    private boolean answers() {
        port.select(0);
        port.write(Ata.SECTOR_COUNT, 0x55);
        port.write(Ata.LBA_LOW, 0xaa);
        return port.read(Ata.SECTOR_COUNT) == 0x55 && port.read(Ata.LBA_LOW) == 0xaa;
    }

    private void identify() throws DeviceException {
        if (port.alternateStatus() == 0) {
            throw new DeviceException("no " + name);
        }
        port.select(0);
        port.write(Ata.COMMAND, Ata.IDENTIFY_DEVICE);
        int status = port.awaitInterrupt();
        if (status == AtaException.NO_ANSWER || (status & FAILED) != 0 || (status & Ata.STATUS_DRQ) == 0) {
            throw failure(Ata.IDENTIFY_DEVICE, 0, status);
        }
        port.data().in(identity, 0, Ata.SECTOR);
        if ((word(0) & 0x8000) != 0 || (word(Ata.ID_CAPABILITIES) & Ata.CAPABILITY_LBA) == 0) {
            throw new DeviceException(name + " is no disk that is addressed by LBA");
        }
        has48Bit = (word(Ata.ID_COMMANDS_83) & Ata.COMMANDS_48_BIT) != 0;
        hasFlushExt = (word(Ata.ID_COMMANDS_83) & Ata.COMMANDS_FLUSH_EXT) != 0;
        capacity = has48Bit ? number(Ata.ID_LBA48_SECTORS, 4) : number(Ata.ID_LBA28_SECTORS, 2);
        if (capacity <= 0 || capacity > Ata.LBA48_SECTORS) {
            throw new DeviceException(name + " says that it has " + capacity + " sectors");
        }
    }

    /**
     * What a reset undoes, unless the disk is asked to keep it. It is: SRST resets both drives of a channel, and the driver
     * of one does not know of the other's.
     */
    private void setUp() throws DeviceException {
        multiple = Math.min(options.multiple(), word(Ata.ID_MAX_MULTIPLE) & 0xff);
        if (multiple > 1) {
            set(Ata.SET_MULTIPLE_MODE, 0, multiple);
            set(Ata.SET_FEATURES, Ata.FEATURE_KEEP_SETTINGS, 0);
        }
        multiple = Math.max(multiple, 1);
    }

    private void set(int command, int feature, int count) throws DeviceException {
        port.dropInterrupts();
        port.select(0);
        port.write(Ata.FEATURES, feature);
        port.write(Ata.SECTOR_COUNT, count);
        port.write(Ata.COMMAND, command);
        int status = port.awaitInterrupt();
        // A disk need not be able to keep settings; one alone on its channel does without.
        boolean mayRefuse = command == Ata.SET_FEATURES && status != AtaException.NO_ANSWER;
        if (status == AtaException.NO_ANSWER || !mayRefuse && (status & FAILED) != 0) {
            throw failure(command, 0, status);
        }
    }

    private int word(int index) {
        return identity[2 * index] & 0xff | (identity[2 * index + 1] & 0xff) << 8;
    }

    private long number(int index, int words) {
        long value = 0;
        for (int i = words - 1; i >= 0; i--) {
            value = value << 16 | word(index + i);
        }
        return value;
    }

    /** The disk in words, for messages. */
    public String name() {
        return name;
    }

    /** What the disk calls itself. */
    public String model() {
        return text(Ata.ID_MODEL, 20);
    }

    /** The number that its maker gave it. */
    public String serial() {
        return text(Ata.ID_SERIAL, 10);
    }

    private String text(int index, int words) {
        StringBuilder text = new StringBuilder(2 * words);
        for (int i = 0; i < words; i++) {
            text.append((char) (word(index + i) >> 8 & 0x7f)).append((char) (word(index + i) & 0x7f));
        }
        return text.toString().strip();
    }

    /** Units of 512 bytes. */
    public long capacity() {
        return capacity;
    }

    /** Sectors that are moved per interrupt, at least 1. */
    public int multiple() {
        return multiple;
    }

    /** How often the disk had to be reset because it did not answer. */
    public long resets() {
        return resets;
    }

    /** Interrupts that were waited for and came. */
    public long interrupts() {
        return port.interrupts();
    }

    /**
     * Reads.
     *
     * @param sector the first, in units of 512 bytes
     * @param length bytes: a multiple of 512
     * @throws AtaException if the disk fails; what of {@code destination} was read is undefined
     */
    public void read(long sector, byte[] destination, int start, int length) throws DeviceException {
        transfer(false, sector, destination, start, length);
    }

    /** Writes; it is on stable storage after the next {@link #flush}. As {@link #read}. */
    public void write(long sector, byte[] source, int start, int length) throws DeviceException {
        transfer(true, sector, source, start, length);
    }

    private void transfer(boolean write, long sector, byte[] bytes, int start, int length) throws DeviceException {
        if (start < 0 || length < 0 || start > bytes.length - length || length % Ata.SECTOR != 0) {
            throw new IndexOutOfBoundsException(length + " bytes at " + start + " of " + bytes.length);
        }
        if (sector < 0 || sector > capacity - length / Ata.SECTOR) {
            throw new IllegalArgumentException(length + " bytes at sector " + sector + " of " + capacity);
        }
        int done = 0;
        while (done < length) {
            long at = sector + done / Ata.SECTOR;
            boolean ext = at + (length - done) / Ata.SECTOR > Ata.LBA28_SECTORS;
            int count = Math.min((length - done) / Ata.SECTOR, ext ? Ata.MAX_COUNT_EXT : Ata.MAX_COUNT);
            attempt(write, ext, at, count, bytes, start + done);
            done += count * Ata.SECTOR;
        }
    }

    private void attempt(boolean write, boolean ext, long sector, int count, byte[] bytes, int start)
            throws DeviceException {
        int command = command(write, ext);
        int status = AtaException.NO_ANSWER;
        for (int attempt = 0; attempt < ATTEMPTS && status == AtaException.NO_ANSWER; attempt++) {
            port.dropInterrupts();
            address(ext, sector, count);
            port.write(Ata.COMMAND, command);
            status = write ? sendBlocks(count, bytes, start) : receiveBlocks(count, bytes, start);
            if (status == AtaException.NO_ANSWER) {
                recover();
            }
        }
        if (status == AtaException.NO_ANSWER || (status & FAILED) != 0) {
            throw failure(command, sector, status);
        }
    }

    private int command(boolean write, boolean ext) {
        if (multiple > 1) {
            return write
                    ? ext ? Ata.WRITE_MULTIPLE_EXT : Ata.WRITE_MULTIPLE
                    : ext ? Ata.READ_MULTIPLE_EXT : Ata.READ_MULTIPLE;
        }
        return write ? ext ? Ata.WRITE_SECTORS_EXT : Ata.WRITE_SECTORS : ext ? Ata.READ_SECTORS_EXT : Ata.READ_SECTORS;
    }

    private void address(boolean ext, long sector, int count) {
        if (ext) {
            port.select(Ata.DEVICE_LBA);
            port.write(Ata.SECTOR_COUNT, count >> 8);
            port.write(Ata.LBA_LOW, (int) (sector >> 24) & 0xff);
            port.write(Ata.LBA_MID, (int) (sector >> 32) & 0xff);
            port.write(Ata.LBA_HIGH, (int) (sector >> 40) & 0xff);
        } else {
            port.select(Ata.DEVICE_LBA | (int) (sector >> 24) & Ata.DEVICE_HEAD);
        }
        port.write(Ata.SECTOR_COUNT, count & 0xff);
        port.write(Ata.LBA_LOW, (int) sector & 0xff);
        port.write(Ata.LBA_MID, (int) (sector >> 8) & 0xff);
        port.write(Ata.LBA_HIGH, (int) (sector >> 16) & 0xff);
    }

    /** PIO data-in command protocol: an interrupt in front of each block. */
    private int receiveBlocks(int count, byte[] bytes, int start) {
        int left = count;
        int at = start;
        int status = 0;
        while (left > 0) {
            status = port.awaitInterrupt();
            if (status == AtaException.NO_ANSWER || (status & FAILED) != 0) {
                return status;
            }
            if ((status & Ata.STATUS_DRQ) == 0) {
                return AtaException.NO_ANSWER; // it does not know of its command any more
            }
            int length = Math.min(left, multiple) * Ata.SECTOR;
            port.data().in(bytes, at, length);
            at += length;
            left -= length / Ata.SECTOR;
        }
        return status;
    }

    /** PIO data-out command protocol: an interrupt behind each block. */
    private int sendBlocks(int count, byte[] bytes, int start) {
        int left = count;
        int at = start;
        int status = port.awaitReady();
        while (left > 0) {
            if (status == AtaException.NO_ANSWER || (status & FAILED) != 0) {
                return status;
            }
            if ((status & Ata.STATUS_DRQ) == 0) {
                return AtaException.NO_ANSWER;
            }
            int length = Math.min(left, multiple) * Ata.SECTOR;
            port.data().out(bytes, at, length);
            at += length;
            left -= length / Ata.SECTOR;
            status = port.awaitInterrupt();
        }
        return status;
    }

    /** Puts what was written before on stable storage. */
    public void flush() throws DeviceException {
        int command = hasFlushExt ? Ata.FLUSH_CACHE_EXT : Ata.FLUSH_CACHE;
        port.dropInterrupts();
        port.select(Ata.DEVICE_LBA);
        port.write(Ata.COMMAND, command);
        int status = port.awaitInterrupt();
        if (status == AtaException.NO_ANSWER || (status & FAILED) != 0) {
            throw failure(command, 0, status);
        }
    }

    /** Resets the channel and sets the disk up anew. */
    public void recover() throws DeviceException {
        resets++;
        port.reset(name);
        setUp();
    }

    private AtaException failure(int command, long sector, int status) {
        return new AtaException(name, command, sector, status, port.read(Ata.ERROR));
    }
}
