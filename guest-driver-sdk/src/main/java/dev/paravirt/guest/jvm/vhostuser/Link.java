// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.InterruptStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to a back-end: a connection while there is one, and a new one after it was lost. Whoever holds the monitor of
 * this object uses the connection; no other lock is taken inside.
 */
final class Link implements AutoCloseable {
    private static final int FIRST_PAUSE_MILLIS = 5;
    private static final int LONGEST_PAUSE_MILLIS = 500;

    private final String name;
    private final @Nullable Path path;
    private final long patienceNanos;
    private final List<DeviceLine> lines;
    private final Eventfd closing;
    private final Epoll closed;
    private @Nullable BackEndConnection connection;
    private @Nullable IOException reason;
    private volatile boolean lost;
    private boolean requestsWatched;
    private volatile boolean ending;
    private volatile int configurationLine;
    private volatile long losses;

    /** @param path null if there is no way back after a loss */
    Link(String name, @Nullable Path path, long patienceNanos, List<DeviceLine> lines) throws LinuxException {
        this.name = name;
        this.path = path;
        this.patienceNanos = patienceNanos;
        this.lines = lines;
        closing = Eventfd.create();
        try {
            closed = Epoll.create(1);
        } catch (LinuxException | RuntimeException failure) {
            closing.close();
            throw failure;
        }
        closed.add(closing.descriptor(), 0);
    }

    String name() {
        return name;
    }

    void configurationLine(int line) {
        configurationLine = line;
    }

    /** How often the back-end was lost. */
    long losses() {
        return losses;
    }

    /** Whether the connection was lost and there is none yet. */
    boolean lost() {
        return lost;
    }

    /** Takes a connected socket into use, which is closed if this fails. */
    synchronized BackEndConnection open(UnixSocket socket) throws IOException {
        BackEndConnection opened = BackEndConnection.open(socket, patienceNanos);
        try {
            for (DeviceLine line : lines) {
                line.watch(opened.socket());
                line.watch(opened.requests().socket());
            }
        } catch (IOException | RuntimeException failure) {
            opened.close();
            throw failure;
        }
        connection = opened;
        requestsWatched = true;
        lost = false;
        return opened;
    }

    /** The connection; fails while there is none. */
    synchronized BackEndConnection connection() throws DeviceException {
        if (connection == null) {
            throw gone();
        }
        return connection;
    }

    private DeviceException gone() {
        DeviceException gone = new DeviceException(
                "the back-end of " + name + " is gone" + (reason == null ? "" : ": " + reason.getMessage()));
        if (reason != null) {
            gone.initCause(reason);
        }
        return gone;
    }

    /** Ends the connection for a reason, and tells all who wait that the device needs a reset. */
    synchronized DeviceException lose(IOException why) {
        if (connection != null) {
            disconnect(connection);
            reason = why;
            lost = true;
            losses++;
            for (DeviceLine line : lines) {
                line.raise(InterruptStatus.CONFIGURATION_CHANGE);
            }
        }
        return gone();
    }

    private void disconnect(BackEndConnection ended) {
        connection = null;
        ignore(ended.socket());
        if (requestsWatched) {
            ignore(ended.requests().socket());
        }
        ended.close();
    }

    /** A duplicate of a descriptor may live on in a child process, so closing alone does not end the watch. */
    private void ignore(FileDescriptor socket) {
        try {
            for (DeviceLine line : lines) {
                line.ignore(socket);
            }
        } catch (LinuxException failure) {
            throw new IllegalStateException("end of the connection to " + name, failure);
        }
    }

    /** Looks after a connection that has something to say. */
    synchronized void serve() {
        BackEndConnection present = connection;
        if (present == null) {
            return;
        }
        try {
            present.checkAlive();
            if (present.requests().serve()) {
                lines.get(configurationLine).raise(InterruptStatus.CONFIGURATION_CHANGE);
            }
            if (present.requests().ended() && requestsWatched) {
                requestsWatched = false;
                ignore(present.requests().socket());
            }
        } catch (IOException failure) {
            lose(failure);
        }
    }

    /**
     * Connects again, however long it takes until a back-end is there; in between, it looks twice a second.
     *
     * @throws DeviceException if there is no path to connect to, or the device is closed
     */
    synchronized BackEndConnection reconnect() throws DeviceException {
        int pause = FIRST_PAUSE_MILLIS;
        while (path != null && !ending) {
            try {
                return open(UnixSocket.connect(path));
            } catch (IOException notYet) {
                reason = notYet;
            }
            pause(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
        throw gone();
    }

    /** Ends early when the device is closed. */
    private void pause(int millis) throws DeviceException {
        try {
            closed.await(millis);
        } catch (LinuxException failure) {
            throw lose(failure);
        }
    }

    /** Ends whatever waits for a connection. */
    void beginClose() {
        ending = true;
        try {
            closing.signal();
        } catch (LinuxException impossible) {
            throw new IllegalStateException(name, impossible);
        }
    }

    @Override
    public synchronized void close() {
        lose(new IOException("it was closed"));
        closed.close();
        closing.close();
    }
}
