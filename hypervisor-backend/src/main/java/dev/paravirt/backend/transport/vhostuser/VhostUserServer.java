// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Offers one device to virtual machines over vhost-user: to one front-end at a time, and to the next when that one has
 * left, however it left. The device lives as long as the server, and is reset between two front-ends.
 *
 * <p>A thread of the server's takes messages, and never touches a ring; the device's workers serve these. Idle, neither
 * uses a processor. A front-end that breaks the rules ends its own session, with one line in the log. Linux only.
 */
public final class VhostUserServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserServer.class);
    private static final int MOST_WARNINGS = 20;

    private final FrontEnds frontEnds;
    private final List<QueueWorker> workers = new ArrayList<>();
    private final VringNotifier notifier;
    private final DeviceSession device;
    private final boolean inBand;
    private final @Nullable NetDevice network;
    private final Thread thread;
    private volatile boolean stopping;
    private boolean closed;

    /** Sessions that ended otherwise than by the front-end's leave; the thread's own. */
    private int failed;

    private VhostUserServer(FrontEnds frontEnds, VirtioDevice served, VhostUserOptions options) throws IOException {
        this.frontEnds = frontEnds;
        this.inBand = options.inBandNotifications();
        this.network = served instanceof NetDevice known ? known : null;
        try {
            notifier = new VringNotifier(served.queueCount());
            try {
                int count = Math.min(options.workers(), Math.max(1, served.queueCount()));
                for (int worker = 0; worker < count; worker++) {
                    workers.add(QueueWorker.startWatching("paravirt-vhost-user-" + worker));
                }
                device = DeviceSession.start(served, GuestMemory.NONE, options.features(), notifier, workers);
            } catch (IOException | RuntimeException failure) {
                workers.forEach(QueueWorker::close);
                notifier.close();
                throw failure;
            }
        } catch (IOException | RuntimeException failure) {
            served.close();
            frontEnds.close();
            throw failure;
        }
        thread = Thread.ofPlatform().name("paravirt-vhost-user").daemon().start(this::serveAll);
    }

    /**
     * Serves front-ends that connect to a unix socket.
     *
     * @param socket a path of at most 107 bytes, which only this user may connect to. What a dead server left there is
     *     replaced.
     * @param device belongs to the server, which closes it, also if this fails
     * @throws IOException if another server listens there already, or the system refuses
     */
    public static VhostUserServer listen(Path socket, VirtioDevice device, VhostUserOptions options)
            throws IOException {
        UnixListener listener;
        try {
            listener = UnixListener.listen(socket);
        } catch (IOException | RuntimeException failure) {
            device.close();
            throw failure;
        }
        return new VhostUserServer(new FrontEnds.Listening(listener), device, options);
    }

    /**
     * Serves a front-end that listens at a unix socket; one that is not there, or has left, is waited for.
     *
     * @param device belongs to the server, which closes it, also if this fails
     */
    public static VhostUserServer connect(Path socket, VirtioDevice device, VhostUserOptions options)
            throws IOException {
        return new VhostUserServer(new FrontEnds.Connecting(socket), device, options);
    }

    /**
     * Serves the front-ends of a socket that was opened elsewhere: those that connect, if it listens; otherwise the one at
     * its other end.
     *
     * @param socket belongs to the server, like the device
     */
    public static VhostUserServer serve(FileDescriptor socket, VirtioDevice device, VhostUserOptions options)
            throws IOException {
        FrontEnds frontEnds;
        try {
            frontEnds = UnixSocket.isListening(socket)
                    ? new FrontEnds.Listening(UnixListener.adopt(socket))
                    : new FrontEnds.Single(UnixSocket.adopt(socket));
        } catch (IOException | RuntimeException failure) {
            device.close();
            socket.close();
            throw failure;
        }
        return new VhostUserServer(frontEnds, device, options);
    }

    /** The session of the device, for what it can tell about it. */
    public DeviceSession session() {
        return device;
    }

    private void serveAll() {
        try {
            while (!stopping) {
                UnixSocket connection = frontEnds.next(notifier.wake());
                if (connection != null) {
                    serve(connection);
                } else if (!stopping && notifier.wake().drain() == 0) {
                    return;
                }
            }
        } catch (LinuxException failure) {
            LOG.error("no more front-ends are served", failure);
        }
    }

    /** Whatever goes wrong with one front-end ends its session and nothing else. */
    private void serve(UnixSocket connection) {
        FrontEndSession session =
                new FrontEndSession(new MessageChannel(connection), device, network, notifier, inBand);
        String peer = session.peer();
        try (session) {
            LOG.debug("{} is the front-end now", peer);
            session.serve(() -> stopping);
            LOG.debug("front-end {} has left", peer);
        } catch (IOException | RuntimeException | InternalError failure) {
            failed++;
            boolean ours = failure instanceof RuntimeException;
            // Front-ends can bring this about as often as they like; the log is not theirs to fill.
            LOG.atLevel(failed <= MOST_WARNINGS ? Level.WARN : Level.DEBUG)
                    .setCause(ours ? failure : null)
                    .log(
                            "the session of front-end {} ends: {}{}",
                            peer,
                            failure.getMessage(),
                            failed == MOST_WARNINGS ? "; more of this is logged at debug level" : "");
        }
    }

    /**
     * Waits until no front-end will be served any more: the server was closed, or its only front-end has left.
     *
     * @return whether that was so within the time
     */
    public boolean awaitEnd(Duration timeout) throws InterruptedException {
        return thread.join(timeout);
    }

    /** Ends the session of the front-end that is being served, when what is in flight is finished, and the device. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        stopping = true;
        try {
            notifier.wake().signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException(failure);
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException early) {
                interrupted = true;
            }
        }
        device.close();
        workers.forEach(QueueWorker::close);
        notifier.close();
        frontEnds.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
