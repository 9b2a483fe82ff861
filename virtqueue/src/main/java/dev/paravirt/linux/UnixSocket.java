// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connected unix stream socket, which carries bytes and file descriptors.
 *
 * <p>One thread may send while another receives. No call here ever waits for a peer without a limit of the caller's
 * choice, whatever the peer does: each end has flags of its own.
 */
public final class UnixSocket implements AutoCloseable {
    /** The most descriptors that Linux passes with one message (SCM_MAX_FD). */
    public static final int MAX_DESCRIPTORS = 253;

    private static final int SIZE_OF_MSGHDR = 56;
    private static final int SIZE_OF_CMSGHDR = 16;
    private static final int SIZE_OF_UCRED = 12;

    private final FileDescriptor descriptor;

    private UnixSocket(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** Two ends. Each is closed by the caller. */
    public record Pair(UnixSocket first, UnixSocket second) {}

    /** Takes over a connected socket that was opened elsewhere, such as an inherited one. */
    public static UnixSocket adopt(FileDescriptor descriptor) {
        return new UnixSocket(descriptor);
    }

    /**
     * Connects to a server that listens at a path. It does not wait: a server whose queue of connections is full
     * refuses with EAGAIN.
     *
     * @throws LinuxException ENOENT if there is nothing at the path, ECONNREFUSED if nobody listens
     * @throws IllegalArgumentException if the path is longer than 107 bytes
     */
    public static UnixSocket connect(Path path) throws LinuxException {
        Linux.require();
        FileDescriptor descriptor = open(Constants.SOCK_NONBLOCK);
        try (Arena local = Arena.ofConfined()) {
            UnixAddress address = UnixAddress.of(path, local);
            int result = LibcSockets.connect(descriptor.number(), address.memory(), address.length());
            LinuxException.check(result, "connect", path);
            descriptor.setNonBlocking(false);
            return new UnixSocket(descriptor);
        } catch (LinuxException | RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    /** Makes two ends that are connected with each other. */
    public static Pair pair() throws LinuxException {
        Linux.require();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment ends = local.allocate(8, 4);
            int type = Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC;
            LinuxException.check(LibcSockets.socketpair(Constants.AF_UNIX, type, 0, ends), "socketpair", null);
            return new Pair(
                    new UnixSocket(FileDescriptor.adopt(ends.get(ValueLayout.JAVA_INT, 0))),
                    new UnixSocket(FileDescriptor.adopt(ends.get(ValueLayout.JAVA_INT, 4))));
        }
    }

    static FileDescriptor open(int flags) throws LinuxException {
        int type = Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC | flags;
        int fd = LibcSockets.socket(Constants.AF_UNIX, type, 0);
        return FileDescriptor.adopt(LinuxException.check(fd, "socket", null));
    }

    /** Returns the descriptor, readable when bytes or the end of the stream wait; this object goes on owning it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Returns whether a descriptor is that of a socket which waits for connections. */
    public static boolean isListening(FileDescriptor descriptor) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment value = local.allocate(ValueLayout.JAVA_INT);
            MemorySegment length = local.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
            int result = LibcSockets.getsockopt(
                    descriptor.number(), Constants.SOL_SOCKET, Constants.SO_ACCEPTCONN, value, length);
            LinuxException.check(result, "getsockopt(SO_ACCEPTCONN)", null);
            return value.get(ValueLayout.JAVA_INT, 0) != 0;
        }
    }

    /** Returns who is at the other end. */
    public PeerCredentials peer() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment credentials = local.allocate(SIZE_OF_UCRED, 4);
            MemorySegment length = local.allocateFrom(ValueLayout.JAVA_INT, SIZE_OF_UCRED);
            int result = LibcSockets.getsockopt(
                    descriptor.number(), Constants.SOL_SOCKET, Constants.SO_PEERCRED, credentials, length);
            LinuxException.check(result, "getsockopt(SO_PEERCRED)", null);
            return new PeerCredentials(
                    credentials.get(ValueLayout.JAVA_INT, 0),
                    credentials.get(ValueLayout.JAVA_INT, 4),
                    credentials.get(ValueLayout.JAVA_INT, 8));
        }
    }

    /**
     * Sends all of some bytes, the descriptors with the first of them. The descriptors stay the caller's; the receiver
     * gets duplicates.
     *
     * @param bytes native memory, at least one byte
     * @param descriptors at most {@link #MAX_DESCRIPTORS}
     * @param timeoutNanos how long to wait in all for a peer that does not read; negative for ever
     * @throws LinuxException EPIPE if the peer is gone, ETIMEDOUT if it does not read; part may have been sent then
     */
    public void send(MemorySegment bytes, List<FileDescriptor> descriptors, long timeoutNanos) throws LinuxException {
        if (bytes.byteSize() == 0 || descriptors.size() > MAX_DESCRIPTORS) {
            throw new IllegalArgumentException("a message has at least one byte and at most " + MAX_DESCRIPTORS
                    + " descriptors, not " + bytes.byteSize() + " and " + descriptors.size());
        }
        long start = System.nanoTime();
        long sent = 0;
        while (sent < bytes.byteSize()) {
            long count = sendSome(bytes.asSlice(sent), sent == 0 ? descriptors : List.of());
            if (count == -Errno.EAGAIN) {
                awaitWritable(start, timeoutNanos);
            } else if (count != -Errno.EINTR) {
                sent += LinuxException.check(count, "sendmsg", null);
            }
        }
    }

    private void awaitWritable(long start, long timeoutNanos) throws LinuxException {
        long left = timeoutNanos < 0 ? -1 : timeoutNanos - (System.nanoTime() - start);
        if (timeoutNanos >= 0 && left <= 0) {
            throw new LinuxException("sendmsg: the peer does not read", null, Errno.ETIMEDOUT);
        }
        Poll.awaitOne(descriptor, Constants.POLLOUT, left);
    }

    private long sendSome(MemorySegment bytes, List<FileDescriptor> descriptors) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment control = MemorySegment.NULL;
            if (!descriptors.isEmpty()) {
                int length = SIZE_OF_CMSGHDR + 4 * descriptors.size();
                control = local.allocate(align(length), 8);
                control.set(ValueLayout.JAVA_LONG, 0, length);
                control.set(ValueLayout.JAVA_INT, 8, Constants.SOL_SOCKET);
                control.set(ValueLayout.JAVA_INT, 12, Constants.SCM_RIGHTS);
                for (int index = 0; index < descriptors.size(); index++) {
                    int number = descriptors.get(index).number();
                    control.set(ValueLayout.JAVA_INT, SIZE_OF_CMSGHDR + 4L * index, number);
                }
            }
            MemorySegment message = message(local, bytes, control, control.byteSize());
            return LibcSockets.sendmsg(
                    descriptor.number(), message, Constants.MSG_DONTWAIT | Constants.MSG_NOSIGNAL, bytes);
        }
    }

    /**
     * Receives what waits, without waiting.
     *
     * @param buffer native memory for the bytes, at least one; a longer message is left for the next call
     * @param maxDescriptors the most that the caller is ready for
     * @return what came, to be closed; or null if nothing waits
     * @throws IOException if the peer sent more descriptors than that, all of which are closed
     * @throws LinuxException ECONNRESET if the peer died with bytes of ours unread, or another error
     */
    public @Nullable ReceivedMessage receive(MemorySegment buffer, int maxDescriptors) throws IOException {
        if (buffer.byteSize() == 0 || maxDescriptors < 0 || maxDescriptors > MAX_DESCRIPTORS) {
            throw new IllegalArgumentException("a receive needs a buffer and 0 to " + MAX_DESCRIPTORS
                    + " descriptors, not " + buffer.byteSize() + " and " + maxDescriptors);
        }
        try (Arena local = Arena.ofConfined()) {
            // Not rounded up: in the padding after an odd count the kernel would deliver one descriptor more.
            int capacity = SIZE_OF_CMSGHDR + 4 * maxDescriptors;
            MemorySegment control = local.allocate(align(capacity), 8);
            MemorySegment message = message(local, buffer, control, capacity);
            int flags = Constants.MSG_DONTWAIT | Constants.MSG_CMSG_CLOEXEC;
            long count;
            do {
                count = LibcSockets.recvmsg(descriptor.number(), message, flags, buffer);
            } while (count == -Errno.EINTR);
            if (count == -Errno.EAGAIN) {
                return null;
            }
            return received(LinuxException.check(count, "recvmsg", null), message, control, maxDescriptors);
        }
    }

    private static ReceivedMessage received(
            long count, MemorySegment message, MemorySegment control, int maxDescriptors) throws IOException {
        long controlLength = message.get(ValueLayout.JAVA_LONG, 40);
        List<FileDescriptor> descriptors = descriptors(control.asSlice(0, Math.min(controlLength, control.byteSize())));
        ReceivedMessage result = new ReceivedMessage((int) count, descriptors);
        if ((message.get(ValueLayout.JAVA_INT, 48) & Constants.MSG_CTRUNC) != 0) {
            result.close();
            throw new IOException("the peer sent more than the " + maxDescriptors + " descriptors expected here");
        }
        return result;
    }

    private static List<FileDescriptor> descriptors(MemorySegment control) {
        List<FileDescriptor> descriptors = new ArrayList<>();
        long start = 0;
        while (start + SIZE_OF_CMSGHDR <= control.byteSize()) {
            long length = control.get(ValueLayout.JAVA_LONG, start);
            if (length < SIZE_OF_CMSGHDR || length > control.byteSize() - start) {
                break;
            }
            boolean rights = control.get(ValueLayout.JAVA_INT, start + 8) == Constants.SOL_SOCKET
                    && control.get(ValueLayout.JAVA_INT, start + 12) == Constants.SCM_RIGHTS;
            for (long at = start + SIZE_OF_CMSGHDR; rights && at + 4 <= start + length; at += 4) {
                descriptors.add(FileDescriptor.adopt(control.get(ValueLayout.JAVA_INT, at)));
            }
            start += align(length);
        }
        return descriptors;
    }

    private static MemorySegment message(Arena arena, MemorySegment bytes, MemorySegment control, long controlLength) {
        MemorySegment iovec = arena.allocate(16, 8);
        iovec.set(ValueLayout.ADDRESS, 0, bytes);
        iovec.set(ValueLayout.JAVA_LONG, 8, bytes.byteSize());
        MemorySegment message = arena.allocate(SIZE_OF_MSGHDR, 8);
        message.set(ValueLayout.ADDRESS, 16, iovec);
        message.set(ValueLayout.JAVA_LONG, 24, 1);
        message.set(ValueLayout.ADDRESS, 32, control);
        message.set(ValueLayout.JAVA_LONG, 40, controlLength);
        return message;
    }

    private static long align(long length) {
        return (length + 7) & ~7L;
    }

    /**
     * Waits until {@link #receive} has something to return: bytes, or the end of the stream.
     *
     * @param timeoutNanos nanoseconds; 0 looks without waiting, a negative number waits for ever
     * @return whether there is something
     */
    public boolean awaitReadable(long timeoutNanos) throws LinuxException {
        return Poll.awaitOne(descriptor, Constants.POLLIN, timeoutNanos);
    }

    /** Ends both directions without closing: the peer, and whoever waits here, sees the end of the stream. */
    public void shutdown() throws LinuxException {
        int result = LibcSockets.shutdown(descriptor.number(), Constants.SHUT_RDWR);
        if (result != -Errno.ENOTCONN) {
            LinuxException.check(result, "shutdown", null);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
