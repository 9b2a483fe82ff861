// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import java.io.IOException;

/** The scratch disk as a file of a fixed size. Every read and write goes to the device, without a cache. */
final class DiskFile extends OpenDescriptor {
    private final ScratchDisk disk;
    private final BlockVolume volume;
    private final KernelLock lock;
    private long position;

    /** @param lock of the scratch disk */
    DiskFile(ScratchDisk disk, KernelLock lock) {
        this.disk = disk;
        this.volume = disk.volume();
        this.lock = lock;
    }

    static long size(ScratchDisk disk) {
        return disk.volume().sectorCount() * disk.volume().sectorSize();
    }

    @Override
    int read(byte[] destination, int start, int length) throws IOException {
        int wanted = (int) Math.min(length, Math.max(0, size(disk) - position));
        return lock.with(() -> {
            int done = 0;
            while (done < wanted) {
                int offset = (int) (position % volume.sectorSize());
                int part = Math.min(wanted - done, volume.maximumBytes() - offset);
                BlockBuffer[] buffer = load(roundUp(offset + part));
                buffer[0].get(offset, destination, start + done, part);
                position += part;
                done += part;
            }
            return done;
        });
    }

    @Override
    void write(byte[] source, int start, int length) throws IOException, SystemCallException {
        if (volume.readOnly()) {
            throw new SystemCallException(Errno.READ_ONLY);
        }
        if (length > size(disk) - position) {
            throw new SystemCallException(Errno.NO_SPACE);
        }
        lock.with(() -> {
            int done = 0;
            while (done < length) {
                int offset = (int) (position % volume.sectorSize());
                int part = Math.min(length - done, volume.maximumBytes() - offset);
                int bytes = roundUp(offset + part);
                // Sectors are written whole: what is around a part of one is read first.
                BlockBuffer[] buffer = bytes == part ? buffers() : load(bytes);
                buffer[0].put(offset, source, start + done, part);
                volume.write(position / volume.sectorSize(), bytes, buffer, 0, 1)
                        .await();
                position += part;
                done += part;
            }
            return done;
        });
    }

    private BlockBuffer[] load(int bytes) throws IOException {
        BlockBuffer[] buffer = buffers();
        volume.read(position / volume.sectorSize(), bytes, buffer, 0, 1).await();
        return buffer;
    }

    private BlockBuffer[] buffers() {
        return disk.buffers(1, volume.maximumBytes());
    }

    private int roundUp(int bytes) {
        return (bytes + volume.sectorSize() - 1) & -volume.sectorSize();
    }

    @Override
    void seek(long newPosition) {
        position = newPosition;
    }
}
