// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.MemorySegment;

/**
 * A descriptor by which a peer wants to be signalled: an eventfd of its own, or, from some vhost-user front-ends, a
 * socket. The peer can give another one at any time, also while somebody signals.
 *
 * <p>Thread-safe; {@link #signal} allocates nothing. A peer that means harm can make it wait, until {@link #release}.
 */
public final class PeerDoorbell implements AutoCloseable {
    private final FileDescriptor descriptor;
    private volatile boolean socket;

    private PeerDoorbell(FileDescriptor descriptor, boolean socket) {
        this.descriptor = descriptor;
        this.socket = socket;
    }

    /**
     * Takes over a received descriptor, which is closed if it is not usable.
     *
     * @throws LinuxException EINVAL if it is something on which a write could wait for good, such as a pipe
     */
    public static PeerDoorbell adopt(FileDescriptor received) throws LinuxException {
        try {
            return new PeerDoorbell(received, checkIsSocket(received));
        } catch (LinuxException | RuntimeException failure) {
            received.close();
            throw failure;
        }
    }

    private static boolean checkIsSocket(FileDescriptor received) throws LinuxException {
        FileStatus status = FileStatus.of(received, null);
        if (!status.isSocket() && !status.isAnonymous()) {
            throw new LinuxException("check of a received doorbell, which is no eventfd", null, Errno.EINVAL);
        }
        received.setNonBlocking(true);
        return status.isSocket();
    }

    /**
     * Signals another descriptor from now on; the number stays, so that nobody who is about to write hits another file.
     *
     * @param received is closed, whatever happens
     */
    public void replace(FileDescriptor received) throws LinuxException {
        try (received) {
            boolean isSocket = checkIsSocket(received);
            int result = Libc.dup3(received.number(), descriptor.number(), Constants.O_CLOEXEC);
            LinuxException.check(result, "dup3", null);
            socket = isSocket;
        }
    }

    /**
     * Adds one, or sends 8 bytes. What is full is signalled already.
     *
     * @throws LinuxException if it cannot be written to; a peer that is gone is no error
     */
    public void signal() throws LinuxException {
        int number = descriptor.number();
        long written;
        do {
            written = socket ? send(number) : Libc.write(number, Eventfd.ONE, 8);
        } while (written == -Errno.EINTR);
        if (written < 0 && written != -Errno.EAGAIN && written != -Errno.EPIPE && written != -Errno.ECONNRESET) {
            throw new LinuxException("write(doorbell)", null, (int) -written);
        }
    }

    /** Whatever the peer has made of its flags, this does not wait. */
    private static long send(int number) {
        long sent = LibcSockets.send(
                number, Eventfd.ONE, Eventfd.ONE.byteSize(), Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL);
        // An eventfd by now: it has just been replaced.
        return sent == -Errno.ENOTSOCK ? Libc.write(number, Eventfd.ONE, 8) : sent;
    }

    /** Ends the wait of another thread in {@link #signal}, where the peer filled its counter and cleared its flag. */
    public void release() throws LinuxException {
        if (!socket) {
            descriptor.setNonBlocking(true);
            MemorySegment counter = Scratch.ofThread().signals;
            long length = Libc.read(descriptor.number(), counter, counter.byteSize());
            assert length != -Errno.EBADF;
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
