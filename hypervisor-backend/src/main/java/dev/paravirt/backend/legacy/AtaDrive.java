// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.spec.legacy.Ata;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One drive of an {@link AtaChannel}: its registers, its commands, and the block of data that goes through the data
 * register. A command does its disk I/O before the access that caused it returns, so BSY is never seen but in a reset.
 */
final class AtaDrive {
    private static final Logger LOG = LoggerFactory.getLogger(AtaDrive.class);
    private static final int READY = Ata.STATUS_DRDY | Ata.STATUS_DSC;
    private static final int POWER_ACTIVE = 0xff;
    private static final int POWER_STANDBY = 0x00;

    private enum Direction {
        NONE,
        IN,
        OUT
    }

    private final BlockImage image;
    private final String serial;
    private final long capacity;
    private final AtaGeometry nativeGeometry;
    private final AtaBuffer buffer = new AtaBuffer();
    final TaskFile registers = new TaskFile();

    private int status = READY;
    private int error = Ata.DIAGNOSTIC_PASSED;
    private boolean interrupting;

    private Direction direction = Direction.NONE;
    private boolean ext;
    private boolean ofSectors;
    private long lba;
    private int remaining;
    private int blockSize;

    private AtaGeometry geometry;
    private int multiple;
    private boolean writeCache = true;
    private boolean lookAhead = true;
    private boolean keepSettings;
    private boolean asleep;
    private boolean hasReported;
    private int powerMode = POWER_ACTIVE;

    AtaDrive(BlockImage image, String serial) {
        this.image = image;
        this.serial = serial;
        this.capacity = Math.min(image.size() / Ata.SECTOR, Ata.LBA48_SECTORS - 1);
        this.nativeGeometry = AtaGeometry.of(capacity);
        this.geometry = nativeGeometry;
        registers.setSignature();
    }

    int status() {
        return status;
    }

    int error() {
        return error;
    }

    boolean isInterrupting() {
        return interrupting;
    }

    void endInterrupt() {
        interrupting = false;
    }

    /** SRST is set: the drive is busy until it is cleared. */
    void holdInReset() {
        abandon();
        interrupting = false;
        status = Ata.STATUS_BSY;
    }

    void endReset() {
        registers.setSignature();
        error = Ata.DIAGNOSTIC_PASSED;
        status = READY;
        asleep = false;
        powerMode = POWER_ACTIVE;
        if (!keepSettings) {
            multiple = 0;
            geometry = nativeGeometry;
            writeCache = true;
            lookAhead = true;
        }
    }

    private void abandon() {
        direction = Direction.NONE;
        buffer.start(0);
        remaining = 0;
    }

    /** EXECUTE DEVICE DIAGNOSTIC, which every drive of a channel does at once. */
    void diagnose(boolean interrupts) {
        abandon();
        registers.setSignature();
        error = Ata.DIAGNOSTIC_PASSED;
        status = READY;
        interrupting = interrupts;
    }

    /** The host writes the command register of this drive. */
    void command(int command) {
        interrupting = false;
        if (asleep) {
            return; // only a reset wakes it
        }
        abandon();
        error = 0;
        status = READY;
        switch (command) {
            case Ata.READ_SECTORS, Ata.READ_SECTORS_NO_RETRY -> startSectors(Direction.IN, false, 1);
            case Ata.READ_SECTORS_EXT -> startSectors(Direction.IN, true, 1);
            case Ata.READ_MULTIPLE -> startSectors(Direction.IN, false, multiple);
            case Ata.READ_MULTIPLE_EXT -> startSectors(Direction.IN, true, multiple);
            case Ata.WRITE_SECTORS, Ata.WRITE_SECTORS_NO_RETRY -> startSectors(Direction.OUT, false, 1);
            case Ata.WRITE_SECTORS_EXT -> startSectors(Direction.OUT, true, 1);
            case Ata.WRITE_MULTIPLE -> startSectors(Direction.OUT, false, multiple);
            case Ata.WRITE_MULTIPLE_EXT -> startSectors(Direction.OUT, true, multiple);
            case Ata.IDENTIFY_DEVICE -> identify();
            default -> {
                withoutData(command);
                interrupting = true;
            }
        }
    }

    private void withoutData(int command) {
        switch (command) {
            case Ata.READ_VERIFY, Ata.READ_VERIFY_NO_RETRY -> verify(false);
            case Ata.READ_VERIFY_EXT -> verify(true);
            case Ata.SEEK -> locate(false, 1);
            case Ata.FLUSH_CACHE, Ata.FLUSH_CACHE_EXT -> flush();
            case Ata.SET_MULTIPLE_MODE -> setMultipleMode(registers.sectorCount());
            case Ata.INITIALIZE_DEVICE_PARAMETERS -> initializeParameters();
            case Ata.SET_FEATURES -> setFeatures(registers.features());
            case Ata.CHECK_POWER_MODE -> registers.setCount(powerMode);
            case Ata.IDLE, Ata.IDLE_IMMEDIATE -> powerMode = POWER_ACTIVE;
            case Ata.STANDBY, Ata.STANDBY_IMMEDIATE -> {
                flush();
                powerMode = POWER_STANDBY;
            }
            case Ata.SLEEP -> {
                flush();
                asleep = true;
            }
            default -> abort();
        }
    }

    private void abort() {
        error = Ata.ERROR_ABRT;
        status = READY | Ata.STATUS_ERR;
    }

    private void identify() {
        new AtaIdentity(
                        serial,
                        capacity,
                        nativeGeometry,
                        geometry,
                        AtaBuffer.MAX_SECTORS,
                        multiple,
                        writeCache,
                        lookAhead)
                .write(buffer.memory());
        direction = Direction.IN;
        ofSectors = false;
        buffer.start(1);
        status |= Ata.STATUS_DRQ;
        interrupting = true;
    }

    private void setMultipleMode(int sectors) {
        if (sectors > AtaBuffer.MAX_SECTORS || (sectors & (sectors - 1)) != 0) {
            abort();
        } else {
            multiple = sectors;
        }
    }

    private void initializeParameters() {
        int sectors = registers.sectorCount();
        if (sectors == 0) {
            abort();
        } else {
            geometry = AtaGeometry.of(capacity, registers.head() + 1, sectors);
        }
    }

    private void setFeatures(int feature) {
        switch (feature) {
            case Ata.FEATURE_ENABLE_WRITE_CACHE -> writeCache = true;
            case Ata.FEATURE_DISABLE_WRITE_CACHE -> {
                writeCache = false;
                flush();
            }
            case Ata.FEATURE_ENABLE_LOOK_AHEAD -> lookAhead = true;
            case Ata.FEATURE_DISABLE_LOOK_AHEAD -> lookAhead = false;
            case Ata.FEATURE_KEEP_SETTINGS -> keepSettings = true;
            case Ata.FEATURE_POWER_ON_SETTINGS -> keepSettings = false;
            case Ata.FEATURE_TRANSFER_MODE -> {
                int mode = registers.sectorCount();
                boolean isPio = mode <= 1 || mode >> 3 == 1 && (mode & 7) <= Ata.MAX_PIO_MODE;
                if (!isPio) {
                    abort();
                }
            }
            default -> abort();
        }
    }

    private void flush() {
        try {
            image.sync();
        } catch (IOException failure) {
            report("a flush", failure);
            error = Ata.ERROR_ABRT;
            status = READY | Ata.STATUS_DF | Ata.STATUS_ERR;
        }
    }

    /** Once: the guest hears of each, and could fill our log. */
    private void report(String what, IOException failure) {
        if (!hasReported) {
            hasReported = true;
            LOG.warn(
                    "{} of {} failed; of further failures only the guest will hear: {}",
                    what,
                    image,
                    failure.toString());
        }
    }

    /** Finds the sectors that the registers name; if they are not all there, the command fails, and this is false. */
    private boolean locate(boolean is48, int count) {
        ext = is48;
        if (is48 && !registers.isLba()) {
            abort(); // 48-bit commands know no cylinders
            return false;
        }
        if (is48) {
            lba = registers.lba48();
        } else if (registers.isLba()) {
            lba = registers.lba28();
        } else {
            lba = geometry.lba(registers.cylinder(), registers.head(), registers.sector());
        }
        if (lba < 0 || lba + count > capacity) {
            error = Ata.ERROR_IDNF;
            status = READY | Ata.STATUS_ERR;
            if (lba >= 0) {
                showAddress(Math.max(lba, capacity));
            }
            return false;
        }
        return true;
    }

    /** The registers say where an error was. */
    private void showAddress(long sector) {
        if (ext) {
            registers.setLba48(sector);
        } else if (registers.isLba()) {
            registers.setLba28(sector);
        } else {
            registers.setChs(geometry.cylinder(sector), geometry.head(sector), geometry.sector(sector));
        }
    }

    private void verify(boolean is48) {
        int count = registers.count(is48);
        if (!locate(is48, count)) {
            return;
        }
        remaining = count;
        while (remaining > 0 && load(Math.min(remaining, AtaBuffer.MAX_SECTORS))) {
            lba += buffer.sectors();
            remaining -= buffer.sectors();
        }
        buffer.start(0);
    }

    private void startSectors(Direction way, boolean is48, int block) {
        int count = registers.count(is48);
        powerMode = POWER_ACTIVE;
        if (block == 0 || way == Direction.OUT && image.readOnly()) {
            abort();
            interrupting = true;
        } else if (!locate(is48, count)) {
            interrupting = true;
        } else {
            remaining = count;
            blockSize = block;
            ofSectors = true;
            if (way == Direction.OUT) {
                acceptBlock(); // without an interrupt, the first time ("PIO data-out command protocol")
            } else {
                provideBlock();
            }
        }
    }

    private void acceptBlock() {
        direction = Direction.OUT;
        buffer.start(Math.min(remaining, blockSize));
        status = READY | Ata.STATUS_DRQ;
    }

    private void provideBlock() {
        if (load(Math.min(remaining, blockSize))) {
            direction = Direction.IN;
            status = READY | Ata.STATUS_DRQ;
        }
        interrupting = true;
    }

    /** Reads from the image; if that fails, so does the command. */
    private boolean load(int sectors) {
        buffer.start(sectors);
        int length = sectors * Ata.SECTOR;
        int done = 0;
        try {
            while (done < length) {
                int read = image.read(buffer.memory(), done, length - done, lba * Ata.SECTOR + done);
                if (read <= 0) {
                    throw new IOException("the image has become shorter");
                }
                done += read;
            }
            return true;
        } catch (IOException failure) {
            report("reading sector " + (lba + done / Ata.SECTOR), failure);
            failAt(lba + done / Ata.SECTOR, Ata.ERROR_UNC, 0);
            return false;
        }
    }

    private void failAt(long sector, int errorBits, int statusBits) {
        registers.setCount(remaining - (int) (sector - lba));
        abandon();
        showAddress(sector);
        error = errorBits;
        status = READY | statusBits | Ata.STATUS_ERR;
    }

    /** The host has taken, or filled, the whole block. */
    private void finishBlock() {
        Direction way = direction;
        direction = Direction.NONE;
        status = READY;
        if (!ofSectors) {
            return;
        }
        if (way == Direction.OUT) {
            interrupting = true;
            if (!store()) {
                return;
            }
        }
        lba += buffer.sectors();
        remaining -= buffer.sectors();
        if (remaining > 0 && way == Direction.OUT) {
            acceptBlock();
        } else if (remaining > 0) {
            provideBlock();
        } else if (way == Direction.OUT && !writeCache) {
            flush();
        }
    }

    private boolean store() {
        int length = buffer.sectors() * Ata.SECTOR;
        int done = 0;
        try {
            while (done < length) {
                done += image.write(buffer.memory(), done, length - done, lba * Ata.SECTOR + done);
            }
            return true;
        } catch (IOException failure) {
            report("writing sector " + (lba + done / Ata.SECTOR), failure);
            failAt(lba + done / Ata.SECTOR, Ata.ERROR_ABRT, Ata.STATUS_DF);
            return false;
        }
    }

    /** The data register is read; without data for it, that says nothing. */
    int readData() {
        if (direction != Direction.IN) {
            return 0;
        }
        int word = buffer.readWord();
        if (buffer.isFinished()) {
            finishBlock();
        }
        return word;
    }

    void writeData(int word) {
        if (direction == Direction.OUT) {
            buffer.writeWord(word);
            if (buffer.isFinished()) {
                finishBlock();
            }
        }
    }

    /** Fills memory from the data register, as often as it takes; an even number of bytes. */
    void readData(MemorySegment memory, long offset, int bytes) {
        int done = 0;
        while (done < bytes && direction == Direction.IN) {
            int here = Math.min(bytes - done, buffer.left());
            buffer.read(memory, offset + done, here);
            done += here;
            if (buffer.isFinished()) {
                finishBlock();
            }
        }
        memory.asSlice(offset + done, bytes - done).fill((byte) 0);
    }

    void writeData(MemorySegment memory, long offset, int bytes) {
        int done = 0;
        while (done < bytes && direction == Direction.OUT) {
            int here = Math.min(bytes - done, buffer.left());
            buffer.write(memory, offset + done, here);
            done += here;
            if (buffer.isFinished()) {
                finishBlock();
            }
        }
    }

    void close() {
        try {
            image.close();
        } catch (IOException failure) {
            LOG.warn("{} cannot be closed", image, failure);
        }
    }
}
