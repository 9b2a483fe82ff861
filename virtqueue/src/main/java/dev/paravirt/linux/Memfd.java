// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Anonymous memory with a descriptor, so that two processes can map the same bytes.
 *
 * <p>What {@link #create} makes is sealed: nobody, its maker included, can change its size, so no mapping of it can
 * fault. Memory that a peer made and left unsealed can be truncated under our feet; reading or writing the lost part
 * then throws an {@link InternalError} in the accessing thread (and system calls on it fail with EFAULT).
 */
public final class Memfd implements AutoCloseable {
    private static final long PAGE = 4096;
    private static final long LONGEST_UNMAP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long UNMAP_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int SEALS = Constants.F_SEAL_SHRINK | Constants.F_SEAL_GROW | Constants.F_SEAL_SEAL;

    private final FileDescriptor descriptor;
    private final long size;

    /** What mappings are aligned to: the page size, or the size of a huge page where the memory is made of these. */
    private final long alignment;

    private Memfd(FileDescriptor descriptor, long size, long alignment) {
        this.descriptor = descriptor;
        this.size = size;
        this.alignment = alignment;
    }

    /**
     * Makes zeroed memory. Pages are taken from the system as they are touched.
     *
     * @param name shown in /proc/PID/maps
     * @param size bytes, at least 1
     * @throws LinuxException if the process is out of descriptors or the size is beyond what the system can address
     */
    public static Memfd create(String name, long size) throws LinuxException {
        Linux.require();
        if (size < 1) {
            throw new IllegalArgumentException("shared memory needs at least one byte: " + size);
        }
        FileDescriptor descriptor = open(name);
        try {
            LinuxException.check(Libc.ftruncate(descriptor.number(), size), "ftruncate(memfd) to " + size, null);
            LinuxException.check(
                    Libc.fcntl(descriptor.number(), Constants.F_ADD_SEALS, SEALS), "fcntl(F_ADD_SEALS)", null);
            return new Memfd(descriptor, size, PAGE);
        } catch (LinuxException | RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    /** Makes memory without any size or seal. */
    static FileDescriptor open(String name) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment label = local.allocateFrom(name);
            int flags = Constants.MFD_CLOEXEC | Constants.MFD_ALLOW_SEALING;
            int fd = Libc.memfdCreate(label, flags | Constants.MFD_NOEXEC_SEAL);
            if (fd == -Errno.EINVAL) {
                // Linux before 6.3 does not know the flag that keeps the memory from being executed.
                fd = Libc.memfdCreate(label, flags);
            }
            return FileDescriptor.adopt(LinuxException.check(fd, "memfd_create", null));
        }
    }

    /**
     * Takes over memory that a peer sent, and checks what the peer says of it. The descriptor is owned by the result;
     * it is closed if a check fails.
     *
     * @param claimedSize bytes that the peer says are there, at least 1; the file may be larger
     * @param mustBeSealed whether to refuse memory that the peer could still shrink
     * @throws LinuxException with EINVAL if the memory is smaller than claimed or not sealed as asked
     */
    public static Memfd adopt(FileDescriptor descriptor, long claimedSize, boolean mustBeSealed) throws LinuxException {
        try {
            FileStatus status = check(descriptor, claimedSize, mustBeSealed);
            return new Memfd(descriptor, claimedSize, Math.max(PAGE, Integer.highestOneBit(status.blockSize())));
        } catch (LinuxException | RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static FileStatus check(FileDescriptor descriptor, long claimedSize, boolean mustBeSealed)
            throws LinuxException {
        if (mustBeSealed) {
            int seals = Libc.fcntl(descriptor.number(), Constants.F_GET_SEALS, 0);
            if (seals < 0 || (seals & Constants.F_SEAL_SHRINK) == 0) {
                throw new LinuxException(
                        "check of received memory, which is not sealed against shrinking", null, Errno.EINVAL);
            }
        }
        // After the seals: a size checked before them could still change.
        FileStatus status = FileStatus.of(descriptor, null);
        if (!status.isRegularFile()) {
            throw new LinuxException("check of received memory, which is not a file", null, Errno.EINVAL);
        }
        if (claimedSize < 1 || claimedSize > status.size()) {
            throw new LinuxException(
                    "check of received memory: " + claimedSize + " bytes claimed, " + status.size() + " there",
                    null,
                    Errno.EINVAL);
        }
        return status;
    }

    /** Returns the descriptor, which this object goes on owning. A mapping outlives it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Returns the size in bytes: as created, or as the peer claimed and {@link #adopt} checked. */
    public long size() {
        return size;
    }

    /**
     * Maps a part of the memory, readable and writable.
     *
     * @param offset bytes, any number
     * @param length bytes, at least 1, with {@code offset + length <= size()}
     * @param arena unmaps the memory when it closes; every access after that throws
     * @throws LinuxException if the system refuses, for instance for want of address space
     */
    @SuppressWarnings("restricted")
    public MemorySegment map(long offset, long length, Arena arena) throws LinuxException {
        if (offset < 0 || length < 1 || offset > size - length) {
            throw new IllegalArgumentException(
                    "mapping of " + length + " bytes at " + offset + " in shared memory of " + size);
        }
        long before = offset & (alignment - 1);
        long mappedLength = (before + length + alignment - 1) & -alignment;
        long address = Libc.mmap(
                0,
                mappedLength,
                Constants.PROT_READ | Constants.PROT_WRITE,
                Constants.MAP_SHARED,
                descriptor.number(),
                offset - before);
        LinuxException.check(address, "mmap of " + length + " bytes", null);
        try {
            // The kernel has just given us exactly [address, address + mappedLength), and the arena alone takes it
            // back.
            return MemorySegment.ofAddress(address)
                    .reinterpret(mappedLength, arena, mapped -> unmap(mapped, mappedLength))
                    .asSlice(before, length);
        } catch (RuntimeException closedArena) {
            Libc.munmap(address, mappedLength);
            throw closedArena;
        }
    }

    private static void unmap(MemorySegment mapped, long length) {
        int result = Libc.munmap(mapped.address(), length);
        if (result < 0) {
            throw new IllegalStateException("munmap: " + Errno.describe(-result));
        }
    }

    /** Closes the descriptor; mappings stay until their arenas close. */
    @Override
    public void close() {
        descriptor.close();
    }

    /**
     * Closes the arena of mappings that nobody uses any more; a system call that still runs on their memory is waited for.
     *
     * @param arena shared; may be closed already
     * @return false if such a call does not end within ten seconds, and the memory stays mapped
     */
    public static boolean unmap(Arena arena) {
        long start = System.nanoTime();
        while (!isClosed(arena)) {
            if (System.nanoTime() - start > LONGEST_UNMAP_NANOS) {
                return false;
            }
            // Nothing tells when the call has ended.
            LockSupport.parkNanos(UNMAP_AGAIN_NANOS);
        }
        return true;
    }

    private static boolean isClosed(Arena arena) {
        try {
            arena.close();
            return true;
        } catch (IllegalStateException inSystemCallOrClosed) {
            return !arena.scope().isAlive();
        }
    }
}
