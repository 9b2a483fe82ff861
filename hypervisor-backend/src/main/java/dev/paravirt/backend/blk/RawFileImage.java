// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.linux.Errno;
import dev.paravirt.linux.FileLockHolders;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.PositionalFile;
import dev.paravirt.linux.PositionalFile.Option;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Set;

/** A raw image: byte n of the disk is byte n of a file or block device. Through the page cache of the host. */
final class RawFileImage implements BlockImage {
    private final PositionalFile file;
    private final boolean readOnly;
    private volatile long size;
    private volatile boolean punches = true;
    private volatile boolean zeroes = true;

    private RawFileImage(PositionalFile file, boolean readOnly) throws IOException {
        this.file = file;
        this.readOnly = readOnly;
        this.size = ImageFiles.requireSectors(file.path(), file.size());
    }

    static RawFileImage open(Path path, boolean readOnly) throws IOException {
        ImageFiles.requirePresent(path);
        PositionalFile file = PositionalFile.open(path, readOnly ? Set.of() : Set.of(Option.WRITE));
        try {
            if (!file.tryLock(!readOnly)) {
                throw new ImageLockedException(path, FileLockHolders.describe(file), readOnly);
            }
            return new RawFileImage(file, readOnly);
        } catch (IOException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean isMemory() {
        return false;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
        return file.read(memory, offset, length, position);
    }

    @Override
    public int readCached(MemorySegment memory, long offset, int length, long position) throws IOException {
        return file.readCached(memory, offset, length, position);
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        return file.write(memory, offset, length, position);
    }

    @Override
    public void sync() throws IOException {
        file.sync();
    }

    @Override
    public boolean canDiscard() {
        return !readOnly;
    }

    @Override
    public void discard(long position, long length) throws IOException {
        ImageFiles.requireWritable(file.path(), readOnly);
        // Only a hint: a file system that cannot do it keeps the space.
        punch(position, length);
    }

    @Override
    public void writeZeroes(long position, long length, boolean unmap) throws IOException {
        ImageFiles.requireWritable(file.path(), readOnly);
        if ((unmap && punch(position, length)) || zero(position, length)) {
            return;
        }
        ImageFiles.writeZeroes(this, position, length);
    }

    private boolean punch(long position, long length) throws IOException {
        if (punches) {
            try {
                file.punchHole(position, length);
                return true;
            } catch (LinuxException failure) {
                punches = !isUnsupported(failure);
            }
        }
        return false;
    }

    private boolean zero(long position, long length) throws IOException {
        if (zeroes) {
            try {
                file.zeroRange(position, length);
                return true;
            } catch (LinuxException failure) {
                zeroes = !isUnsupported(failure);
            }
        }
        return false;
    }

    /** Whether to stop trying; EINVAL is a block device's word for a range that does not suit its own block size. */
    private static boolean isUnsupported(LinuxException failure) throws LinuxException {
        if (failure.errno() == Errno.EINVAL) {
            return false;
        }
        if (failure.errno() == Errno.EOPNOTSUPP || failure.errno() == Errno.ENOSYS || failure.errno() == Errno.ENODEV) {
            return true;
        }
        throw failure;
    }

    @Override
    public void erase(long position, long length) throws IOException {
        ImageFiles.requireWritable(file.path(), readOnly);
        ImageFiles.writeZeroes(this, position, length);
    }

    @Override
    public synchronized void grow(long newSize) throws IOException {
        ImageFiles.requireWritable(file.path(), readOnly);
        ImageFiles.requireSectors(file.path(), newSize);
        // A logical volume, or the file, may have been lengthened by somebody else in the meantime.
        long present = file.size();
        if (newSize < size) {
            throw new IllegalArgumentException("an image of " + size + " bytes does not grow to " + newSize);
        }
        if (present < newSize) {
            if (file.isBlockDevice()) {
                throw new IOException("block device " + file.path() + " has " + present + " bytes; it cannot grow to "
                        + newSize + " from here");
            }
            file.truncate(newSize);
        }
        size = newSize;
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return file.path().toString();
    }
}
