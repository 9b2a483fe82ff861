// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way to a back-end: a connection while there is one, and a new one after it was lost. A thread of its own watches
 * it, so that nobody needs to wait or poll for a loss to be noticed. Whoever holds the monitor of this object uses the
 * connection; no other lock is taken inside.
 */
final class Link implements AutoCloseable {
    /** Who uses the connection. Called with the monitor held, by any thread. */
    interface User {
        /** Whether what runs now can go on with another back-end, with nothing said to the driver. */
        boolean resumable();

        /** Lets the back-end of a new connection go on where the one before ended. */
        void resume(BackEndConnection connection) throws IOException;

        /** The configuration may have changed, or the device needs a reset. */
        void changed();
    }

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A connection that lasts so long was a good one. */
    private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What a back-end has used just before its end is there to be seen, while nobody comes in its place. */
    private static final long LAST_LOOK_MILLIS = 100;

    private static final long NO_LIMIT = 0;

    private static final int RESULTS = 4;
    private static final int WAKE = 0;
    private static final int CONNECTION = 1;
    private static final int ERROR = 2;

    private final String name;
    private final @Nullable Path path;
    private final long patienceNanos;
    private final Eventfd closing;
    private final Eventfd wake;
    private final Eventfd error;
    private final Epoll epoll;
    private final Poll pause;
    private final Resources resources = new Resources();
    private final LostTime time = new LostTime();
    private @Nullable User user;
    private @Nullable Thread watcher;
    private @Nullable BackEndConnection connection;
    private @Nullable IOException reason;
    private boolean requestsWatched;
    private boolean needsReset;
    private long openedAt;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private volatile boolean ending;
    private volatile long losses;
    private volatile Loss loss = Loss.NONE;

    /** @param path null if there is no way back after a loss */
    Link(String name, @Nullable Path path, long patienceNanos) throws LinuxException {
        this.name = name;
        this.path = path;
        this.patienceNanos = patienceNanos;
        try {
            closing = resources.add(Eventfd.create());
            wake = resources.add(Eventfd.create());
            error = resources.add(Eventfd.create());
            epoll = resources.add(Epoll.create(RESULTS));
            epoll.add(wake.descriptor(), WAKE);
            // The back-end has this descriptor too: an event is seen without a read, on which it could make us wait.
            epoll.addEdgeTriggered(error.descriptor(), ERROR);
            pause = new Poll(closing.descriptor(), closing.descriptor());
        } catch (LinuxException | RuntimeException failure) {
            resources.close();
            throw failure;
        }
    }

    String name() {
        return name;
    }

    /** How often the back-end was lost. */
    long losses() {
        return losses;
    }

    /** Whether a back-end was lost since the driver last began anew, so that it has to do that once more. */
    Loss loss() {
        return loss;
    }

    /** Stands still while what runs waits for another back-end. */
    LostTime time() {
        return time;
    }

    /** Between two looks at a word: while time stands still, it will hardly change. */
    void relax() {
        if (time.isRunning()) {
            Thread.onSpinWait();
        } else {
            awaitTime();
        }
    }

    private synchronized void awaitTime() {
        if (!time.isRunning()) {
            awaitChange(LAST_LOOK_MILLIS);
        }
    }

    /** What a back-end signals when a ring does not work. */
    FileDescriptor error() {
        return error.descriptor();
    }

    /** Takes a connected socket into use, which is closed if this fails. */
    void open(UnixSocket socket) throws IOException {
        use(BackEndConnection.open(socket, patienceNanos, closing));
    }

    private synchronized void use(BackEndConnection opened) throws IOException {
        try {
            epoll.add(opened.socket(), CONNECTION);
            epoll.add(opened.requests().socket(), CONNECTION);
        } catch (IOException | RuntimeException failure) {
            opened.close();
            throw failure;
        }
        connection = opened;
        requestsWatched = true;
        openedAt = System.nanoTime();
    }

    /** Begins to watch for the user that the connection, and those after it, are for. */
    synchronized void start(User theUser) {
        user = theUser;
        watcher = Thread.ofPlatform().name("paravirt-vhost-user-link").daemon().start(this::watch);
    }

    /** Whether the driver has to reset the device before anything goes on. */
    synchronized boolean needsReset() {
        return needsReset;
    }

    /** The driver begins anew, with the connection that there is. */
    synchronized void forgetReset() {
        needsReset = false;
        loss = Loss.NONE;
    }

    /**
     * The connection, which is waited for where what runs goes on with the next one; otherwise this fails while there is
     * none.
     */
    synchronized BackEndConnection connection() throws DeviceException {
        while (connection == null && !needsReset && !ending) {
            awaitChange(NO_LIMIT);
        }
        return present();
    }

    /** The connection, which is waited for however long it takes: fails if there is no way back, or at the end. */
    synchronized BackEndConnection awaitConnection() throws DeviceException {
        while (connection == null && path != null && !ending) {
            awaitChange(NO_LIMIT);
        }
        return present();
    }

    synchronized @Nullable BackEndConnection connectionOrNull() {
        return connection;
    }

    private BackEndConnection present() throws DeviceException {
        if (connection == null) {
            throw gone();
        }
        return connection;
    }

    /** An interrupt ends no wait: only the back-end, or the end of the device, does. Callers look again. */
    @SuppressWarnings("WaitNotInLoop")
    private void awaitChange(long millis) {
        boolean interrupted = Thread.interrupted();
        try {
            wait(millis);
        } catch (InterruptedException early) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private DeviceException gone() {
        DeviceException gone = new DeviceException(
                "the back-end of " + name + " is gone" + (reason == null ? "" : ": " + reason.getMessage()));
        if (reason != null) {
            gone.initCause(reason);
        }
        return gone;
    }

    /** Ends the connection for a reason. What runs goes on with the next one, or the driver is told to reset it. */
    synchronized DeviceException lose(IOException why) {
        BackEndConnection ended = connection;
        if (ended == null) {
            return gone();
        }
        connection = null;
        ignore(ended.socket());
        if (requestsWatched) {
            ignore(ended.requests().socket());
        }
        ended.close();
        reason = why;
        losses++;
        if (System.nanoTime() - openedAt > GOOD_NANOS) {
            pauseNanos = FIRST_PAUSE_NANOS;
        }
        User present = user;
        if (path != null && !ending && !needsReset && present != null && present.resumable()) {
            time.stop();
        } else {
            loss = path != null && !ending ? Loss.LASTING : Loss.OVER;
            demandReset();
        }
        signal(wake);
        return gone();
    }

    /** A duplicate of a descriptor may live on in a child process, so closing alone does not end the watch. */
    private void ignore(FileDescriptor socket) {
        try {
            epoll.remove(socket);
        } catch (LinuxException failure) {
            throw new IllegalStateException("end of the connection to " + name, failure);
        }
    }

    private void demandReset() {
        needsReset = true;
        time.goOn();
        notifyAll();
        if (user != null) {
            user.changed();
        }
    }

    private void signal(Eventfd event) {
        try {
            event.signal();
        } catch (LinuxException impossible) {
            throw new IllegalStateException(name, impossible);
        }
    }

    // The thread.

    private void watch() {
        try {
            while (!ending) {
                if (isConnected()) {
                    serve(epoll.await(-1));
                } else if (path == null) {
                    return;
                } else {
                    reconnect();
                }
            }
        } catch (LinuxException failure) {
            lose(failure);
        }
    }

    private synchronized boolean isConnected() {
        return connection != null;
    }

    private void serve(int ready) throws LinuxException {
        for (int result = 0; result < ready; result++) {
            long token = epoll.token(result);
            if (token == WAKE) {
                wake.drain();
            } else if (token == ERROR) {
                ringFailed();
            } else {
                listen();
            }
        }
    }

    private synchronized void ringFailed() {
        reason = new IOException("the back-end says that a ring does not work");
        demandReset();
    }

    /** Looks after a connection that has something to say. */
    private synchronized void listen() {
        BackEndConnection present = connection;
        User theUser = user;
        if (present == null || theUser == null) {
            return;
        }
        try {
            present.checkAlive();
            if (present.requests().serve()) {
                theUser.changed();
            }
            if (present.requests().ended() && requestsWatched) {
                requestsWatched = false;
                ignore(present.requests().socket());
            }
        } catch (IOException failure) {
            lose(failure);
        }
    }

    /** Tries once to get another connection, after a pause that grows while that does no good. */
    private void reconnect() throws LinuxException {
        pause.await(pauseNanos);
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
        Path there = path;
        if (ending || there == null) {
            return;
        }
        try {
            goOnWith(BackEndConnection.open(UnixSocket.connect(there), patienceNanos, closing));
        } catch (IOException notYet) {
            noteReason(notYet);
        }
    }

    private synchronized void noteReason(IOException why) {
        if (connection == null) {
            reason = why;
        }
    }

    private synchronized void goOnWith(BackEndConnection opened) throws IOException {
        use(opened);
        User theUser = user;
        if (theUser != null && theUser.resumable() && !needsReset) {
            try {
                theUser.resume(opened);
            } catch (IOException failure) {
                lose(failure);
                return;
            }
            time.goOn();
            theUser.changed();
        } else if (!needsReset) {
            demandReset();
        }
        endLoss();
        notifyAll();
    }

    /** A reset need not wait any more. */
    private void endLoss() {
        if (loss != Loss.NONE) {
            loss = Loss.OVER;
        }
    }

    /** Ends whatever waits for a connection. */
    void beginClose() {
        synchronized (this) {
            ending = true;
            endLoss();
            time.goOn();
            notifyAll();
        }
        signal(closing);
        signal(wake);
        boolean interrupted = false;
        Thread thread = watcher;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException early) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        lose(new IOException("it was closed"));
        resources.close();
    }
}
