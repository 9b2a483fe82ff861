// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.linux.Errno;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where front-ends come from, one after the other. */
interface FrontEnds extends AutoCloseable {
    Logger LOG = LoggerFactory.getLogger(FrontEnds.class);
    long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * Waits for the next front-end.
     *
     * @param stop ends the wait when it is signalled
     * @return null if there is none: no more will come, or the wait was ended
     * @throws LinuxException if none can come any more
     */
    @Nullable
    UnixSocket next(Eventfd stop) throws LinuxException;

    @Override
    void close();

    private static void pause(Eventfd stop) throws LinuxException {
        new Poll(stop.descriptor(), stop.descriptor()).await(PAUSE_NANOS);
    }

    /** Front-ends connect. */
    record Listening(UnixListener listener) implements FrontEnds {
        @Override
        public @Nullable UnixSocket next(Eventfd stop) throws LinuxException {
            Poll poll = new Poll(listener.descriptor(), stop.descriptor());
            while ((poll.await(-1) & Poll.SECOND) == 0) {
                try {
                    UnixSocket connection = listener.accept();
                    if (connection != null) {
                        return connection;
                    }
                } catch (LinuxException failure) {
                    // For want of descriptors: the front-end goes on waiting, and so do we.
                    LOG.warn("a front-end cannot be accepted: {}", failure.getMessage());
                    pause(stop);
                }
            }
            return null;
        }

        @Override
        public void close() {
            listener.close();
        }
    }

    /** Front-ends listen, at a path, and come back there. */
    record Connecting(Path path) implements FrontEnds {
        @Override
        public @Nullable UnixSocket next(Eventfd stop) throws LinuxException {
            Poll poll = new Poll(stop.descriptor(), stop.descriptor());
            while (poll.await(0) == 0) {
                try {
                    return UnixSocket.connect(path);
                } catch (LinuxException failure) {
                    int errno = failure.errno();
                    if (errno != Errno.ENOENT && errno != Errno.ECONNREFUSED && errno != Errno.EAGAIN) {
                        throw failure;
                    }
                    pause(stop);
                }
            }
            return null;
        }

        @Override
        public void close() {}
    }

    /** There is one front-end. */
    final class Single implements FrontEnds {
        private @Nullable UnixSocket connection;

        Single(UnixSocket connection) {
            this.connection = connection;
        }

        @Override
        public @Nullable UnixSocket next(Eventfd stop) {
            UnixSocket only = connection;
            connection = null;
            return only;
        }

        @Override
        public void close() {
            UnixSocket unused = connection;
            if (unused != null) {
                unused.close();
            }
        }
    }
}
