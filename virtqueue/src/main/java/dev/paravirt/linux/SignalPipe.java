// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A signal to a process that is not trusted. To its receiver it is like an {@link Eventfd}: a descriptor that becomes
 * readable, 8 bytes a signal.
 *
 * <p>Whoever shares an eventfd can make it blocking again and fill its counter; the next signal would then hang its
 * sender. The two ends of a pipe have flags of their own, so nothing that the receiver does makes {@link #signal()}
 * wait. Thread-safe; signalling allocates nothing.
 */
public final class SignalPipe implements AutoCloseable {
    private static final int SMALLEST_PIPE = 4096;

    private final FileDescriptor readEnd;
    private final FileDescriptor writeEnd;

    private SignalPipe(FileDescriptor readEnd, FileDescriptor writeEnd) {
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
    }

    /**
     * Makes a pipe without signals in it.
     *
     * @throws LinuxException if the process is out of descriptors
     */
    public static SignalPipe create() throws LinuxException {
        Linux.require();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment ends = local.allocate(8, 4);
            int result = LibcSockets.pipe2(ends, Constants.O_CLOEXEC | Constants.O_NONBLOCK);
            LinuxException.check(result, "pipe2", null);
            FileDescriptor readEnd = FileDescriptor.adopt(ends.get(ValueLayout.JAVA_INT, 0));
            FileDescriptor writeEnd = FileDescriptor.adopt(ends.get(ValueLayout.JAVA_INT, 4));
            // Room for 512 signals is plenty, and the default would count against the user's limit. If the system will
            // not shrink it, the pipe works just as well.
            int ignored = Libc.fcntl(writeEnd.number(), Constants.F_SETPIPE_SZ, SMALLEST_PIPE);
            assert ignored != -Errno.EBADF;
            return new SignalPipe(readEnd, writeEnd);
        }
    }

    /** Returns the receiver's end, to be sent to it; this object goes on owning this copy. */
    public FileDescriptor readEnd() {
        return readEnd;
    }

    /**
     * Makes the read end readable. A pipe that is full is signalled already, which counts as success.
     *
     * @throws IllegalStateException once closed
     */
    public void signal() throws LinuxException {
        long written;
        do {
            written = Libc.write(writeEnd.number(), Eventfd.ONE, 8);
        } while (written == -Errno.EINTR);
        if (written < 0 && written != -Errno.EAGAIN) {
            throw new LinuxException("write(pipe)", null, (int) -written);
        }
    }

    @Override
    public void close() {
        readEnd.close();
        writeEnd.close();
    }
}
