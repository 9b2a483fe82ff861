// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/**
 * A file or block device that is read and written at explicit positions, straight from and to native memory.
 *
 * <p>Thread-safe: any number of reads and writes may be under way at once, and none of the calls between
 * {@link #read} and {@link #sync} allocates or locks. Stop them all before {@link #close()}. A Java interrupt does not
 * disturb them.
 *
 * <p>All lengths and positions are bytes. Memory must be native: a heap segment is refused with an
 * {@link IllegalArgumentException}. A read or write may move fewer bytes than asked, as at the end of the file or on a
 * disk that is nearly full; the rest is the caller's to ask for again.
 */
public final class PositionalFile implements AutoCloseable {
    /** How a file is opened. Reading is always possible. */
    public enum Option {
        /** Writing too. */
        WRITE,
        /** Make an empty file (mode 0644) where there is none. */
        CREATE,
        /** With {@link #CREATE}: fail if the file is there already. */
        EXCLUSIVE,
        /** Past the page cache; memory, length and position must then be aligned as the device wants, often to 4096. */
        DIRECT,
        /** Each write is on stable storage when it returns. */
        DATA_SYNC
    }

    /** Returned by {@link #readCached} where a plain read might wait for the disk. */
    public static final int WOULD_BLOCK = -1;

    private final Path path;
    private final FileDescriptor descriptor;
    private final boolean blockDevice;
    private volatile boolean cachedReads = true;

    private PositionalFile(Path path, FileDescriptor descriptor) throws LinuxException {
        this.path = path;
        this.descriptor = descriptor;
        FileStatus status = FileStatus.of(descriptor, path);
        this.blockDevice = status.isBlockDevice();
    }

    /**
     * Opens a file. Symbolic links are followed.
     *
     * @throws LinuxException if the system refuses, EISDIR for a directory
     */
    public static PositionalFile open(Path path, Set<Option> options) throws LinuxException {
        Linux.require();
        int flags = Constants.O_CLOEXEC;
        flags |= options.contains(Option.WRITE) ? Constants.O_RDWR : Constants.O_RDONLY;
        flags |= options.contains(Option.CREATE) ? Constants.O_CREAT : 0;
        flags |= options.contains(Option.EXCLUSIVE) ? Constants.O_EXCL : 0;
        flags |= options.contains(Option.DIRECT) ? Constants.O_DIRECT : 0;
        flags |= options.contains(Option.DATA_SYNC) ? Constants.O_DSYNC : 0;
        FileDescriptor descriptor = openDescriptor(path, flags);
        try {
            return new PositionalFile(path, descriptor);
        } catch (LinuxException | RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    static FileDescriptor openDescriptor(Path path, int flags) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment name = local.allocateFrom(path.toString());
            int fd;
            do {
                fd = Libc.open(name, flags, 0b110_100_100);
            } while (fd == -Errno.EINTR);
            return FileDescriptor.adopt(LinuxException.check(fd, "open", path));
        }
    }

    /** Returns the path as given to {@link #open}. */
    public Path path() {
        return path;
    }

    /** Returns the descriptor, which this object goes on owning. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Returns whether this is a block device, whose size is fixed. */
    public boolean isBlockDevice() {
        return blockDevice;
    }

    /**
     * Reads into {@code memory[offset, offset + length)} from a position of the file.
     *
     * @return bytes read, less than {@code length} at the end of the file; 0 past it
     * @throws LinuxException EIO and its like, or EFAULT where shared memory was truncated by its owner
     */
    public int read(MemorySegment memory, long offset, int length, long position) throws LinuxException {
        long address = writableAddress(memory, offset, length);
        long count;
        do {
            count = Libc.pread(descriptor.number(), address, length, position, memory);
        } while (count == -Errno.EINTR);
        return checkCount(count, "pread");
    }

    /**
     * As {@link #read}, but only what is at hand in the page cache.
     *
     * @return bytes read, at times fewer than are cached; 0 past the end of the file; {@link #WOULD_BLOCK} where the
     *     first byte is not cached, or the file system cannot tell
     */
    public int readCached(MemorySegment memory, long offset, int length, long position) throws LinuxException {
        if (!cachedReads) {
            return WOULD_BLOCK;
        }
        long address = writableAddress(memory, offset, length);
        MemorySegment iovec = Scratch.ofThread().iovec;
        iovec.set(ValueLayout.JAVA_LONG, 0, address);
        iovec.set(ValueLayout.JAVA_LONG, 8, length);
        long count = Libc.preadv2(descriptor.number(), iovec, 1, position, Constants.RWF_NOWAIT, memory);
        if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
            return WOULD_BLOCK;
        }
        if (count == -Errno.EOPNOTSUPP || count == -Errno.ENOSYS) {
            cachedReads = false;
            return WOULD_BLOCK;
        }
        return checkCount(count, "preadv2");
    }

    /**
     * Writes {@code memory[offset, offset + length)} at a position of the file.
     *
     * @return bytes written, at least 1 if {@code length} is
     * @throws LinuxException ENOSPC, EIO and their like; nothing was written then
     */
    public int write(MemorySegment memory, long offset, int length, long position) throws LinuxException {
        long address = address(memory, offset, length);
        long count;
        do {
            count = Libc.pwrite(descriptor.number(), address, length, position, memory);
        } while (count == -Errno.EINTR);
        return checkCount(count, "pwrite");
    }

    private static long address(MemorySegment memory, long offset, int length) {
        Objects.checkFromIndexSize(offset, length, memory.byteSize());
        if (!memory.isNative()) {
            throw new IllegalArgumentException("memory for file I/O is native, not on the heap");
        }
        return memory.address() + offset;
    }

    private static long writableAddress(MemorySegment memory, long offset, int length) {
        if (memory.isReadOnly()) {
            throw new IllegalArgumentException("a file cannot be read into read-only memory");
        }
        return address(memory, offset, length);
    }

    private int checkCount(long count, String operation) throws LinuxException {
        return (int) LinuxException.check(count, operation, path);
    }

    /**
     * Puts what was written on stable storage, with as much of the metadata as is needed to find it again (fdatasync).
     *
     * @throws LinuxException EIO: what was written since the sync before may be lost, and a second sync would not tell
     */
    public void sync() throws LinuxException {
        int result;
        do {
            result = Libc.fdatasync(descriptor.number());
        } while (result == -Errno.EINTR);
        LinuxException.check(result, "fdatasync", path);
    }

    /** Returns the size in bytes, of a block device too. */
    public long size() throws LinuxException {
        if (!blockDevice) {
            return FileStatus.of(descriptor, path).size();
        }
        try (Arena local = Arena.ofConfined()) {
            MemorySegment size = local.allocate(8, 8);
            Ioctl.call(descriptor, Constants.BLKGETSIZE64, size, path);
            return size.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Cuts the file or lengthens it with a hole. */
    public void truncate(long size) throws LinuxException {
        LinuxException.check(Libc.ftruncate(descriptor.number(), size), "ftruncate to " + size, path);
    }

    /**
     * Gives the space of a range back; it reads as zeroes then. The size stays.
     *
     * @throws LinuxException EOPNOTSUPP where the file system cannot
     */
    public void punchHole(long position, long length) throws LinuxException {
        allocate(Constants.FALLOC_FL_PUNCH_HOLE | Constants.FALLOC_FL_KEEP_SIZE, position, length, "punch hole");
    }

    /**
     * Makes a range read as zeroes while its space stays allocated. The size stays.
     *
     * @throws LinuxException EOPNOTSUPP where the file system cannot; write zeroes then
     */
    public void zeroRange(long position, long length) throws LinuxException {
        allocate(Constants.FALLOC_FL_ZERO_RANGE | Constants.FALLOC_FL_KEEP_SIZE, position, length, "zero range");
    }

    /**
     * Reserves space for a range, so that writes to it cannot fail for want of it. The size stays; content too.
     *
     * @throws LinuxException ENOSPC, or EOPNOTSUPP where the file system cannot
     */
    public void reserve(long position, long length) throws LinuxException {
        allocate(Constants.FALLOC_FL_KEEP_SIZE, position, length, "reserve");
    }

    private void allocate(int mode, long position, long length, String purpose) throws LinuxException {
        int result;
        do {
            result = Libc.fallocate(descriptor.number(), mode, position, length);
        } while (result == -Errno.EINTR);
        if (result < 0) {
            throw new LinuxException(
                    "fallocate (" + purpose + ", " + length + " bytes at " + position + ")", path, -result);
        }
    }

    /**
     * Locks the whole file against other openers who also lock it, other processes and this one alike, until this
     * object closes. It never waits. The lock belongs to the open file, not to the process: closing another descriptor
     * of the same file does not lose it, and it is gone when its holder dies.
     *
     * @param exclusive true to be alone, which needs {@link Option#WRITE}; false to share with others who share
     * @return whether the lock was granted; if not, {@link FileLockHolders#describe} may know who has it
     */
    public boolean tryLock(boolean exclusive) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment lock =
                    local.allocate(32, 8); // struct flock: from 0, length 0: to the end, whatever it will be
            lock.set(ValueLayout.JAVA_SHORT, 0, exclusive ? Constants.F_WRLCK : Constants.F_RDLCK);
            int result = Libc.fcntlStruct(descriptor.number(), Constants.F_OFD_SETLK, lock);
            if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
                return false;
            }
            LinuxException.check(result, "fcntl(F_OFD_SETLK)", path);
            return true;
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
