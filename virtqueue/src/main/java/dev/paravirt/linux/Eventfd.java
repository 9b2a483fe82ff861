// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A doorbell between threads or processes: a kernel counter that makes its descriptor readable while it is not zero.
 *
 * <p>Thread-safe, and {@link #signal()} and {@link #drain()} allocate nothing. A system call is a full fence in
 * practice but not by promise: order memory with fences of your own before you signal.
 */
public final class Eventfd implements AutoCloseable {
    static final MemorySegment ONE = one();

    private final FileDescriptor descriptor;

    private Eventfd(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Creates a counter of zero, non-blocking.
     *
     * @throws LinuxException if the process is out of descriptors
     */
    public static Eventfd create() throws LinuxException {
        Linux.require();
        int fd = LibcSockets.eventfd(0, Constants.EFD_CLOEXEC | Constants.EFD_NONBLOCK);
        return new Eventfd(FileDescriptor.adopt(LinuxException.check(fd, "eventfd", null)));
    }

    /**
     * Takes over a received descriptor, which may be anything that takes 8-byte messages: some vhost-user front-ends
     * send a socket. A peer can make a descriptor that it shares with us blocking again; where that peer is hostile,
     * wait for it edge-triggered ({@link Epoll#addEdgeTriggered}) instead of draining it.
     */
    public static Eventfd adopt(FileDescriptor descriptor) {
        return new Eventfd(descriptor);
    }

    /** Returns the descriptor, which this object goes on owning. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Adds one. A counter that is full is signalled already, which counts as success; so does a peer that closed the
     * other end of a socket in place of an eventfd, as nobody is left to wake.
     *
     * @throws LinuxException for any other error, such as a descriptor that cannot be written
     */
    public void signal() throws LinuxException {
        long written;
        do {
            written = Libc.write(descriptor.number(), ONE, 8);
        } while (written == -Errno.EINTR);
        if (written < 0 && written != -Errno.EAGAIN && written != -Errno.EPIPE) {
            throw new LinuxException("write(eventfd)", null, (int) -written);
        }
    }

    /**
     * Sets the counter to zero. In place of an eventfd there may be a pipe or a socket, from which this takes the
     * signals that wait, up to 64 of them.
     *
     * @return the count before, so 0 where nobody had signalled; for a pipe or a socket, not 0 where somebody had
     * @throws LinuxException if the descriptor cannot be read
     */
    public long drain() throws LinuxException {
        MemorySegment signals = Scratch.ofThread().signals;
        long length;
        do {
            length = Libc.read(descriptor.number(), signals, signals.byteSize());
        } while (length == -Errno.EINTR);
        if (length < 0 && length != -Errno.EAGAIN) {
            throw new LinuxException("read(eventfd)", null, (int) -length);
        }
        if (length < 8) {
            return Math.max(length, 0);
        }
        return signals.get(ValueLayout.JAVA_LONG, 0);
    }

    @Override
    public void close() {
        descriptor.close();
    }

    private static MemorySegment one() {
        MemorySegment one = Arena.global().allocate(8, 8);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        return one.asReadOnly();
    }
}
