// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A unix stream socket that waits for connections at a path. Only the user who made it (and root) may connect.
 *
 * <p>What a dead server left at the path is replaced; a server that still listens, or a file that is no socket, is left
 * alone and refused. Two servers that start at once cannot take each other's path: they take turns by a lock on the
 * directory.
 */
public final class UnixListener implements AutoCloseable {
    /** Makes a socket listen. */
    private interface Binding<T> {
        T bind() throws IOException;
    }

    private static final int BACKLOG = 16;
    private static final int OWNER_ONLY = 0b110_000_000;
    private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final @Nullable Path path;
    private final FileDescriptor descriptor;
    private final @Nullable Object fileKey;

    private UnixListener(@Nullable Path path, FileDescriptor descriptor, @Nullable Object fileKey) {
        this.path = path;
        this.descriptor = descriptor;
        this.fileKey = fileKey;
    }

    /**
     * Listens at a path, whose directory exists. Accepting does not block; see {@link #accept}.
     *
     * @throws LinuxException EADDRINUSE if a live server listens there, EEXIST if the path is not a socket, or another
     *     error of the system
     * @throws IllegalArgumentException if the path is longer than 107 bytes
     */
    public static UnixListener listen(Path path) throws IOException {
        Linux.require();
        return inPlaceOfDead(path, () -> bind(path));
    }

    /**
     * Has a channel listen at a path, as {@link #listen} does with the path; the mode of the socket is that of any file.
     * Elsewhere than on Linux whatever is there is in the way.
     */
    public static void bind(ServerSocketChannel channel, UnixDomainSocketAddress address) throws IOException {
        if (Linux.isSupported()) {
            inPlaceOfDead(address.getPath(), () -> channel.bind(address));
        } else {
            channel.bind(address);
        }
    }

    private static <T> T inPlaceOfDead(Path path, Binding<T> binding) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new LinuxException("bind", path, Errno.EISDIR);
        }
        int flags = Constants.O_RDONLY | Constants.O_DIRECTORY | Constants.O_CLOEXEC;
        try (FileDescriptor directory = PositionalFile.openDescriptor(parent, flags)) {
            takeTurn(directory, parent);
            removeIfDead(path);
            return binding.bind();
        }
    }

    /** The lock ends with the descriptor. Others hold it for microseconds, unless someone locks directories at will. */
    private static void takeTurn(FileDescriptor directory, Path parent) throws LinuxException {
        long start = System.nanoTime();
        int result;
        while ((result = Libc.flock(directory.number(), Constants.LOCK_EX | Constants.LOCK_NB)) == -Errno.EAGAIN) {
            if (System.nanoTime() - start > TURN_NANOS) {
                throw new LinuxException("flock: another process keeps the directory locked:", parent, Errno.EAGAIN);
            }
            Thread.onSpinWait();
        }
        LinuxException.check(result, "flock", parent);
    }

    private static void removeIfDead(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        // Connecting to a plain file is refused just as connecting to a dead socket is: look before removing.
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & Constants.S_IFMT) != Constants.S_IFSOCK) {
            throw new LinuxException("bind: this is not a socket and will not be replaced:", path, Errno.EEXIST);
        }
        if (isListening(path)) {
            throw new LinuxException("bind: a server already listens at", path, Errno.EADDRINUSE);
        }
        Files.delete(path);
    }

    private static boolean isListening(Path path) throws LinuxException {
        try {
            UnixSocket.connect(path).close();
            return true;
        } catch (LinuxException refused) {
            if (refused.errno() == Errno.ECONNREFUSED) {
                return false;
            }
            if (refused.errno() == Errno.EAGAIN) {
                return true; // it listens, and its queue of connections is full
            }
            throw refused;
        }
    }

    private static UnixListener bind(Path path) throws IOException {
        FileDescriptor descriptor = UnixSocket.open(Constants.SOCK_NONBLOCK);
        try (Arena local = Arena.ofConfined()) {
            int fd = descriptor.number();
            // On Linux the mode of an unbound socket is the mode of the file that bind makes: there is no moment at
            // which others could connect.
            LinuxException.check(Libc.fchmod(fd, OWNER_ONLY), "fchmod(socket)", path);
            UnixAddress address = UnixAddress.of(path, local);
            LinuxException.check(LibcSockets.bind(fd, address.memory(), address.length()), "bind", path);
            LinuxException.check(LibcSockets.listen(fd, BACKLOG), "listen", path);
            return new UnixListener(path, descriptor, fileKey(path));
        } catch (IOException | RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Takes over a socket that was made to listen elsewhere, such as an inherited one. Its path, if it has one, is left
     * as it is when this is closed.
     */
    public static UnixListener adopt(FileDescriptor descriptor) throws LinuxException {
        descriptor.setNonBlocking(true);
        return new UnixListener(null, descriptor, null);
    }

    /** Returns the path; null for a socket that was made elsewhere. */
    public @Nullable Path path() {
        return path;
    }

    /** Returns the descriptor, readable when a connection waits; this object goes on owning it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /**
     * Takes the next waiting connection, without waiting for one.
     *
     * @return the connection, blocking; or null if none waits, or the one that did has gone
     * @throws LinuxException EMFILE and its like; the connection goes on waiting
     */
    public @Nullable UnixSocket accept() throws LinuxException {
        int fd = LibcSockets.accept4(
                descriptor.number(), MemorySegment.NULL, MemorySegment.NULL, Constants.SOCK_CLOEXEC);
        if (fd == -Errno.EAGAIN || fd == -Errno.EINTR || fd == -Errno.ECONNABORTED) {
            return null;
        }
        return UnixSocket.adopt(FileDescriptor.adopt(LinuxException.check(fd, "accept", path)));
    }

    /**
     * Waits for a connection to {@link #accept}.
     *
     * @param timeoutNanos nanoseconds; 0 looks without waiting, a negative number waits for ever
     * @return whether there is one
     */
    public boolean await(long timeoutNanos) throws LinuxException {
        return Poll.awaitOne(descriptor, Constants.POLLIN, timeoutNanos);
    }

    /** Stops listening and removes the path, unless another server has it by now. */
    @Override
    public void close() {
        if (!descriptor.isOpen()) {
            return;
        }
        try {
            Path made = path;
            if (made != null
                    && Files.exists(made, LinkOption.NOFOLLOW_LINKS)
                    && fileKey(made).equals(fileKey)) {
                Files.delete(made);
            }
        } catch (IOException leftBehind) {
            // The next server that listens here finds a dead socket and removes it.
            assert leftBehind != null;
        } finally {
            descriptor.close();
        }
    }
}
