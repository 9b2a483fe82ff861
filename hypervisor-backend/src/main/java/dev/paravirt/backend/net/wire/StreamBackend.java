// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import dev.paravirt.linux.UnixListener;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wire over a TCP or unix stream socket, each frame behind its length in 32 bits, big-endian: the format of QEMU's
 * {@code -netdev stream} and {@code -netdev socket}, and of passt.
 *
 * <p>The link is up while there is a connection. One that connects tries again, ever more slowly, up to every two seconds;
 * one that listens has one peer at a time, and others wait until it leaves. Frames for a peer that does not read wait in a
 * queue of bounded length, and are dropped when that is full. A peer that sends what is no frame's length is disconnected.
 */
public final class StreamBackend implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger(StreamBackend.class);
    private static final int BACKLOG = 512;
    private static final long SHORTEST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 2_000;

    private final SocketAddress address;
    private final @Nullable ServerSocketChannel listener;
    private final Selector selector;
    private final WireTally tally = new WireTally();
    private final MpscVarHandleArrayQueue<ByteBuf> frames = new MpscVarHandleArrayQueue<>(BACKLOG);
    private final Thread thread =
            Thread.ofPlatform().name("net-stream").daemon().unstarted(this::run);
    private @Nullable NetPort port;

    /** Whether frames may be put into the queue. */
    private volatile boolean connected;

    /** Whether the thread has to be woken to see a frame in the queue. */
    private final AtomicBoolean asleep = new AtomicBoolean();

    private volatile boolean closed;

    // The thread's own.
    private @Nullable SelectionKey listening;
    private @Nullable SocketChannel pending;
    private @Nullable StreamConnection connection;
    private long pauseMillis = SHORTEST_PAUSE_MILLIS;
    private long nextAttempt = System.nanoTime();
    private boolean complained;

    private StreamBackend(SocketAddress address, @Nullable ServerSocketChannel listener) throws IOException {
        this.address = address;
        this.listener = listener;
        this.selector = Selector.open();
        if (listener != null) {
            listener.configureBlocking(false);
            listening = listener.register(selector, SelectionKey.OP_ACCEPT);
        }
    }

    /**
     * A wire that connects, once it is part of a device, to whoever listens.
     *
     * @param address an {@link InetSocketAddress}, resolved, or a {@link UnixDomainSocketAddress}
     * @throws IOException if the system has no more descriptors
     */
    public static StreamBackend connect(SocketAddress address) throws IOException {
        return new StreamBackend(address, null);
    }

    /**
     * A wire that listens from now on, and serves a peer once it is part of a device.
     *
     * @param address a {@link UnixDomainSocketAddress}, whose file is made now, in place of what a dead server may have
     *     left there, and deleted by {@link #close}, or an {@link InetSocketAddress}; port 0 is any free one
     * @throws IOException if the address is in use, or cannot be used
     */
    public static StreamBackend listen(SocketAddress address) throws IOException {
        ServerSocketChannel listener = address instanceof UnixDomainSocketAddress
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open();
        try {
            if (address instanceof UnixDomainSocketAddress unix) {
                UnixListener.bind(listener, unix);
            } else {
                listener.bind(address);
            }
            return new StreamBackend(listener.getLocalAddress(), listener);
        } catch (IOException | RuntimeException failure) {
            listener.close();
            throw failure;
        }
    }

    /** Where it listens, or what it connects to. */
    public SocketAddress address() {
        return address;
    }

    /** What happened to the frames. From any thread. */
    public WireCounters counters() {
        return tally.read();
    }

    @Override
    public void attach(NetPort device) {
        port = device;
        device.linkUp(false);
        thread.start();
    }

    @Override
    public boolean send(ByteBuf frame) {
        if (!connected || frame.readableBytes() > FrameBytes.LONGEST || !frames.offer(frame)) {
            frame.release();
            return tally.sent(false);
        }
        // Either the thread sees the frame before it sleeps, or this sees that it sleeps.
        VarHandle.fullFence();
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            selector.wakeup();
        }
        return true;
    }

    private void run() {
        NetPort device = port;
        if (device == null) {
            throw new IllegalStateException("not attached");
        }
        Inlet inlet = new Inlet(device, tally, 0);
        try {
            while (!closed) {
                await();
                selector.selectedKeys().clear();
                if (connection == null) {
                    find(device, inlet);
                }
                exchange(device);
            }
        } catch (IOException failure) {
            LOG.warn("the network stream {} cannot be served any more: {}", address, failure.toString());
        }
        disconnect(device);
    }

    private void await() throws IOException {
        StreamConnection now = connection;
        if (now == null) {
            boolean silent = pending != null || (listening != null && listening.interestOps() != 0);
            long left = TimeUnit.NANOSECONDS.toMillis(nextAttempt - System.nanoTime()) + 1;
            selector.select(silent ? 0 : Math.max(left, 1));
        } else if (now.isBusy()) {
            selector.select();
        } else {
            asleep.set(true);
            if (frames.isEmpty()) {
                selector.select();
            } else {
                selector.selectNow();
            }
            asleep.set(false);
        }
    }

    /** Looks for a peer; a socket says itself that there is none yet. */
    private void find(NetPort device, Inlet inlet) throws IOException {
        try {
            SocketChannel found = listener != null ? accept(listener) : connectNow();
            if (found != null) {
                if (address instanceof InetSocketAddress) {
                    found.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    found.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                }
                SelectionKey key = found.keyFor(selector);
                connection = new StreamConnection(key == null ? found.register(selector, 0) : key, inlet, tally);
                complained = false;
                connected = true;
                LOG.info("the network stream {} is connected", address);
                device.linkUp(true);
            }
        } catch (IOException failure) {
            tryAgainLater();
            if (!complained) {
                complained = true;
                LOG.info("the network stream {} waits for a peer: {}", address, failure.toString());
            }
        }
    }

    private @Nullable SocketChannel accept(ServerSocketChannel server) throws IOException {
        SelectionKey key = listening;
        if (key == null) {
            throw new IllegalStateException("not listening");
        }
        // Not while there is a peer, and not while the system has no descriptor for another.
        key.interestOps(0);
        SocketChannel accepted = server.accept();
        if (accepted == null) {
            key.interestOps(SelectionKey.OP_ACCEPT);
            return null;
        }
        accepted.configureBlocking(false);
        return accepted;
    }

    private @Nullable SocketChannel connectNow() throws IOException {
        SocketChannel channel = pending;
        if (channel == null) {
            if (System.nanoTime() - nextAttempt < 0) {
                return null;
            }
            channel = address instanceof UnixDomainSocketAddress
                    ? SocketChannel.open(StandardProtocolFamily.UNIX)
                    : SocketChannel.open();
            pending = channel;
            channel.configureBlocking(false);
            if (!channel.connect(address)) {
                channel.register(selector, SelectionKey.OP_CONNECT);
                return null;
            }
        } else if (!channel.finishConnect()) {
            return null;
        }
        pending = null;
        return channel;
    }

    private void tryAgainLater() {
        SocketChannel failed = pending;
        if (failed != null) {
            Closing.quietly(failed);
            pending = null;
        }
        nextAttempt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pauseMillis);
        pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
    }

    private void exchange(NetPort device) {
        StreamConnection now = connection;
        if (now == null) {
            return;
        }
        try {
            if (now.exchange(frames)) {
                // A peer that speaks: when it is gone, look for it at once.
                pauseMillis = SHORTEST_PAUSE_MILLIS;
            }
        } catch (IOException reason) {
            LOG.info("the network stream {} is disconnected: {}", address, reason.toString());
            disconnect(device);
            tryAgainLater();
            if (listening != null && listening.isValid()) {
                listening.interestOps(SelectionKey.OP_ACCEPT);
                // The next one may be waiting already.
                selector.wakeup();
            }
        }
    }

    private void disconnect(NetPort device) {
        connected = false;
        StreamConnection last = connection;
        connection = null;
        if (last != null) {
            last.close();
            device.linkUp(false);
        }
        drop();
    }

    private void drop() {
        ByteBuf frame = frames.poll();
        while (frame != null) {
            frame.release();
            tally.sent(false);
            frame = frames.poll();
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        Joining.uninterrupted(thread);
        drop();
        SocketChannel unfinished = pending;
        if (unfinished != null) {
            Closing.quietly(unfinished);
        }
        Closing.quietly(selector);
        if (listener != null) {
            Closing.quietly(listener);
            deleteSocketFile();
        }
    }

    private void deleteSocketFile() {
        if (address instanceof UnixDomainSocketAddress unix) {
            try {
                Files.deleteIfExists(unix.getPath());
            } catch (IOException failure) {
                LOG.warn("{} cannot be deleted: {}", unix, failure.toString());
            }
        }
    }
}
