// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Errno;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves guests that are processes of their own, one after the other: it greets a guest with its memory and doorbells,
 * answers its hypercalls, and when the guest ends, however it ends, gives everything back and takes the next.
 *
 * <p>All of that happens on one thread of the server's, which never touches a ring and sleeps while there is nothing
 * to do. Linux only.
 */
public final class GuestServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestServer.class);
    private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(30);

    private final GuestShape shape;
    private final GuestMachine.Factory machines;
    private final @Nullable UnixListener listener;
    private final Eventfd stop;
    private final Thread thread;

    private GuestServer(
            GuestShape shape,
            GuestMachine.Factory machines,
            @Nullable UnixListener listener,
            Consumer<GuestServer> task)
            throws LinuxException {
        this.shape = shape;
        this.machines = machines;
        this.listener = listener;
        this.stop = Eventfd.create();
        this.thread = Thread.ofPlatform().name("paravirt-guest-server").daemon().unstarted(() -> task.accept(this));
    }

    /**
     * Serves every guest that connects to a unix socket, one at a time; others wait for their turn.
     *
     * @param socket a path of at most 107 bytes, which only this user may connect to. What a dead server left there is
     *     replaced.
     * @param shape what each guest is given
     * @param machines makes the machine of each guest
     * @throws IOException if another server listens there already, or the system refuses
     */
    public static GuestServer listen(Path socket, GuestShape shape, GuestMachine.Factory machines) throws IOException {
        UnixListener listener = UnixListener.listen(socket);
        try {
            return new GuestServer(shape, machines, listener, server -> server.serveAll(listener)).started();
        } catch (LinuxException | RuntimeException failure) {
            listener.close();
            throw failure;
        }
    }

    /** Serves the one guest at the other end of a connection, which the server owns from now on. */
    public static GuestServer serve(UnixSocket connection, GuestShape shape, GuestMachine.Factory machines)
            throws LinuxException {
        try {
            return new GuestServer(shape, machines, null, server -> server.serve(connection)).started();
        } catch (LinuxException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    private GuestServer started() {
        thread.start();
        return this;
    }

    private void serveAll(UnixListener connections) {
        try (Epoll epoll = Epoll.create(2)) {
            epoll.add(connections.descriptor(), 0);
            epoll.add(stop.descriptor(), 1);
            while (!isStopping()) {
                epoll.await(-1);
                UnixSocket connection = isStopping() ? null : acceptOrPause(connections);
                if (connection != null) {
                    serve(connection);
                }
            }
        } catch (LinuxException failure) {
            LOG.error("guests at {} are not served any more", connections.path(), failure);
        }
    }

    private boolean isStopping() throws LinuxException {
        return new Poll(stop.descriptor(), stop.descriptor()).await(0) != 0;
    }

    /** A connection that cannot be taken for want of descriptors goes on waiting: so do we, not in a tight loop. */
    private @Nullable UnixSocket acceptOrPause(UnixListener connections) throws LinuxException {
        try {
            return connections.accept();
        } catch (LinuxException failure) {
            LOG.warn("a guest cannot be accepted", failure);
            new Poll(stop.descriptor(), stop.descriptor()).await(PAUSE_AFTER_FAILURE_NANOS);
            return null;
        }
    }

    /** Whatever goes wrong with one guest ends that guest's session and nothing else. */
    private void serve(UnixSocket connection) {
        try (connection;
                SharedGuest guest = new SharedGuest(shape);
                GuestMachine machine = machines.start(guest);
                CallServer calls = new CallServer(guest, machine, connection.descriptor(), stop.descriptor())) {
            if (greet(guest, connection)) {
                calls.serve();
            }
            LOG.debug("guest is gone");
        } catch (IOException | RuntimeException | InternalError failure) {
            LOG.warn("the session of a guest ended with an error; the next guest will be served", failure);
        }
    }

    /** A guest that was killed, or lost its patience, before its turn came is nothing to warn of. */
    private static boolean greet(SharedGuest guest, UnixSocket connection) throws LinuxException {
        try {
            guest.greet(connection);
            LOG.debug("guest process {} is greeted", connection.peer().process());
            return true;
        } catch (LinuxException failure) {
            if (failure.errno() == Errno.EPIPE || failure.errno() == Errno.ECONNRESET) {
                return false;
            }
            throw failure;
        }
    }

    /**
     * Waits until no guest will be served any more: the server was closed, or its only guest ended.
     *
     * @return whether that was so within the time
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return thread.join(timeout);
    }

    /**
     * Ends the session of the guest that is being served, and takes no more.
     *
     * @throws IllegalStateException if a machine does not let go within 30 seconds
     */
    @Override
    public void close() {
        try {
            if (stop.descriptor().isOpen()) {
                stop.signal();
            }
            if (!thread.join(LONGEST_STOP)) {
                throw new IllegalStateException("a guest's machine did not stop within " + LONGEST_STOP);
            }
        } catch (LinuxException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return;
        }
        if (listener != null) {
            listener.close();
        }
        stop.close();
    }
}
