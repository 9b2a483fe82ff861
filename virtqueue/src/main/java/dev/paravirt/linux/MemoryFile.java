// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes on their way to or from another process, in a file that lies in memory. To that process the descriptor is like its end
 * of a pipe which never makes it wait: it reads up to the end of the file, or writes what it has. For one thread.
 */
public final class MemoryFile implements AutoCloseable {
    private static final int PIECE = 64 << 10;

    private final FileDescriptor descriptor;

    private MemoryFile(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Makes one that holds nothing yet, for another process to write to.
     *
     * @param name shown in /proc/PID/fd
     * @throws LinuxException if the process is out of descriptors
     */
    public static MemoryFile create(String name) throws LinuxException {
        Linux.require();
        return new MemoryFile(Memfd.open(name));
    }

    /**
     * Makes one for another process to read from the beginning.
     *
     * @throws LinuxException if the process is out of descriptors, or the system of memory
     */
    public static MemoryFile of(String name, byte[] content) throws LinuxException {
        MemoryFile file = create(name);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment bytes = local.allocate(Math.max(1, content.length));
            MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
            int done = 0;
            while (done < content.length) {
                done += (int) LinuxException.check(
                        Libc.pwrite(
                                file.descriptor.number(), bytes.address() + done, content.length - done, done, bytes),
                        "pwrite(memfd)",
                        null);
            }
            return file;
        } catch (LinuxException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    /** Returns another owner of the same file. */
    public MemoryFile duplicate() throws LinuxException {
        return new MemoryFile(descriptor.duplicate());
    }

    /** Returns the descriptor, to be sent to the other process; this object goes on owning this copy. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Reads everything, from the beginning, wherever the other process stands. It may still write, or cut the file: then this
     * is something of what there was.
     *
     * @param limit the most bytes that are of use, 0 or more
     * @return up to {@code limit + 1} bytes: more than {@code limit} if there are more
     */
    public byte[] read(int limit) throws LinuxException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment piece = local.allocate(PIECE);
            byte[] bytes = new byte[PIECE];
            boolean more = true;
            while (more) {
                int wanted = (int) Math.min(PIECE, limit + 1L - content.size());
                int count = (int) LinuxException.check(
                        Libc.pread(descriptor.number(), piece.address(), wanted, content.size(), piece),
                        "pread(memfd)",
                        null);
                MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, 0, count);
                content.write(bytes, 0, count);
                more = count > 0 && content.size() <= limit;
            }
        }
        return content.toByteArray();
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
