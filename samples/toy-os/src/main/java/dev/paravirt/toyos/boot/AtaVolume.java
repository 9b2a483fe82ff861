// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import java.io.IOException;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A disk behind an ATA driver. The CPU moves the data (PIO), so that each transfer is over when it was started, and no
 * task runs meanwhile.
 */
final class AtaVolume implements BlockVolume {
    private static final int MOST_BUFFERS = 32;
    private static final int MOST_BYTES = 128 << 10;

    private final AtaDriver driver;
    private final DeviceCounters counters;

    AtaVolume(String name, AtaDriver driver, LongSupplier exits) {
        this.driver = driver;
        counters = new DeviceCounters(name, exits, driver::interrupts);
    }

    DeviceStatistics statistics() {
        return counters;
    }

    @Override
    public int sectorSize() {
        return Ata.SECTOR;
    }

    @Override
    public long sectorCount() {
        return driver.capacity();
    }

    /** A disk that cannot be written to says so when it is. */
    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public int maximumBuffers() {
        return MOST_BUFFERS;
    }

    @Override
    public int maximumBytes() {
        return MOST_BYTES;
    }

    @Override
    public BlockBuffer allocate(int bytes) {
        return new HeapBlockBuffer(new byte[bytes]);
    }

    private interface Piece {
        void move(long sector, byte[] bytes, int length) throws DeviceException;
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        counters.input(bytes);
        return transfer(sector, bytes, buffers, first, count, (at, data, length) -> driver.read(at, data, 0, length));
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        counters.output(bytes);
        return transfer(sector, bytes, buffers, first, count, (at, data, length) -> driver.write(at, data, 0, length));
    }

    private Transfer transfer(long sector, int bytes, BlockBuffer[] buffers, int first, int count, Piece piece) {
        if (bytes <= 0 || bytes % Ata.SECTOR != 0 || bytes > MOST_BYTES) {
            throw new IllegalArgumentException(bytes + " bytes in a transfer of at most " + MOST_BYTES);
        }
        Objects.checkFromIndexSize(sector, bytes / Ata.SECTOR, sectorCount());
        int left = bytes;
        long at = sector;
        try {
            for (int i = first; left > 0; i++) {
                Objects.checkIndex(i - first, count);
                byte[] data = ((HeapBlockBuffer) buffers[i]).bytes();
                int length = Math.min(left, data.length);
                piece.move(at, data, length);
                at += length / Ata.SECTOR;
                left -= length;
            }
            return new Ended(null);
        } catch (DeviceException failure) {
            return new Ended(failure);
        }
    }

    @Override
    public Transfer flush() {
        try {
            driver.flush();
            return new Ended(null);
        } catch (DeviceException failure) {
            return new Ended(failure);
        }
    }

    private record Ended(@Nullable DeviceException failure) implements Transfer {
        @Override
        public boolean done() {
            return true;
        }

        @Override
        public void await() throws IOException {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
        }
    }
}
