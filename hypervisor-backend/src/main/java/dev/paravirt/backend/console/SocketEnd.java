// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.linux.UnixListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port behind a listening unix or TCP socket, with one peer at a time; others wait until it leaves. Bytes go both ways as
 * they are.
 *
 * <p>What was taken from the guest is kept until a peer takes it, also from one peer to the next; only what the system had
 * taken on behalf of a peer that then left is gone. The buffer is bounded: a slow peer slows the guest's output down. Nobody
 * holds it up for ever: a peer that takes nothing for as long as the patience lasts is disconnected, and with nobody there
 * for as long, output that the buffer has no room for is dropped and counted.
 */
public final class SocketEnd implements ConsoleEnd {
    private static final Logger LOG = LoggerFactory.getLogger(SocketEnd.class);
    private static final int CAPACITY = 64 << 10;
    private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ServerSocketChannel listener;
    private final Selector selector;
    private final SelectionKey listening;
    private final long patienceNanos;
    private final Thread thread =
            Thread.ofPlatform().name("console-socket").daemon().unstarted(this::run);

    // The thread's own.
    private final ByteBuffer input = ByteBuffer.allocate(CAPACITY).limit(0);
    private final ByteBuffer output = ByteBuffer.allocate(CAPACITY);
    private @Nullable SelectionKey peer;

    // Guarded by this.
    private final ByteQueue bytes = new ByteQueue(CAPACITY);
    private @Nullable ConsoleLine line;
    private boolean refused;
    private boolean dropping;
    private boolean closed;
    private long dropped;
    private long lastProgress = System.nanoTime();

    private SocketEnd(ServerSocketChannel listener, Selector selector, Duration patience) throws IOException {
        this.listener = listener;
        this.selector = selector;
        this.patienceNanos = patience.toNanos();
        listener.configureBlocking(false);
        listening = listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    /**
     * Listens from now on; peers are served once the device is part of a machine.
     *
     * @param address a {@link UnixDomainSocketAddress}, whose file is made now, in place of what a dead server may have
     *     left there, and deleted by {@link #close}, or an {@link InetSocketAddress}; port 0 is any free one
     * @param patience how long nobody may take output
     * @throws IOException if the address is in use, or cannot be used
     */
    public static SocketEnd listen(SocketAddress address, Duration patience) throws IOException {
        ServerSocketChannel listener = address instanceof UnixDomainSocketAddress
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open();
        try {
            if (address instanceof UnixDomainSocketAddress unix) {
                UnixListener.bind(listener, unix);
            } else {
                listener.bind(address);
            }
            return new SocketEnd(listener, Selector.open(), patience);
        } catch (IOException | RuntimeException failure) {
            listener.close();
            throw failure;
        }
    }

    /** Where it listens. */
    public SocketAddress address() throws IOException {
        return listener.getLocalAddress();
    }

    /** Bytes that were dropped because nobody was there. */
    public synchronized long dropped() {
        return dropped;
    }

    @Override
    public void attach(ConsoleLine port) {
        synchronized (this) {
            line = port;
            lastProgress = System.nanoTime();
        }
        port.hostOpen(false);
        thread.start();
    }

    @Override
    public synchronized int write(byte[] source, int start, int length) {
        boolean idle = bytes.isEmpty();
        int taken = bytes.put(source, start, length);
        if (taken < length && dropping) {
            dropped += length - taken;
            return length;
        }
        if (idle) {
            lastProgress = dropping ? lastProgress : System.nanoTime();
            selector.wakeup();
        }
        refused |= taken < length;
        return taken;
    }

    @Override
    public void inputWanted() {
        selector.wakeup();
    }

    private void run() {
        try {
            while (!isOver()) {
                selector.select(TimeUnit.NANOSECONDS.toMillis(longestSleep()) + 1);
                selector.selectedKeys().clear();
                serve();
            }
        } catch (IOException failure) {
            LOG.warn("the console's socket cannot be served any more: {}", failure.toString());
            abandon();
        }
    }

    private synchronized long longestSleep() {
        return closed ? Math.min(patienceNanos, LAST_WORDS_NANOS) : patienceNanos;
    }

    private synchronized boolean isOver() {
        boolean rest = peer != null && !bytes.isEmpty() && System.nanoTime() - lastProgress < LAST_WORDS_NANOS;
        return closed && !rest;
    }

    /** Looks after whatever there may be; a socket says itself that there is nothing. */
    private void serve() throws IOException {
        if (peer == null) {
            accept();
        }
        SelectionKey now = peer;
        if (now != null) {
            try {
                exchange(now, (SocketChannel) now.channel());
            } catch (IOException gone) {
                LOG.debug("the console's peer is gone", gone);
                disconnect();
            }
        }
        losePatience();
        wantOutput();
    }

    private void accept() throws IOException {
        SocketChannel accepted = listener.accept();
        if (accepted == null) {
            return;
        }
        accepted.configureBlocking(false);
        peer = accepted.register(selector, SelectionKey.OP_READ);
        listening.interestOps(0);
        input.clear().limit(0);
        synchronized (this) {
            dropping = false;
            lastProgress = System.nanoTime();
        }
        tellOpen(true);
    }

    private void tellOpen(boolean open) {
        ConsoleLine port;
        synchronized (this) {
            port = closed ? null : line;
        }
        if (port != null) {
            port.hostOpen(open);
        }
    }

    private void exchange(SelectionKey key, SocketChannel channel) throws IOException {
        boolean more = send(channel);
        boolean offered = true;
        while (offered) {
            if (!input.hasRemaining()) {
                int length = channel.read(input.clear());
                input.flip();
                if (length < 0) {
                    disconnect();
                    return;
                }
            }
            offered = input.hasRemaining() && offer();
        }
        key.interestOps((more ? SelectionKey.OP_WRITE : 0) | (input.hasRemaining() ? 0 : SelectionKey.OP_READ));
    }

    /** Returns whether the guest has taken all. */
    private boolean offer() {
        ConsoleLine port;
        synchronized (this) {
            port = closed ? null : line;
        }
        if (port != null) {
            int taken = port.input(input.array(), input.position(), input.remaining());
            input.position(input.position() + taken);
        }
        return !input.hasRemaining();
    }

    /** Returns whether there is more than the peer takes now. */
    private boolean send(SocketChannel channel) throws IOException {
        while (true) {
            int length;
            synchronized (this) {
                length = bytes.peek(output.array(), 0, CAPACITY);
            }
            if (length == 0) {
                return false;
            }
            int sent = channel.write(output.clear().limit(length));
            synchronized (this) {
                bytes.skip(sent);
                lastProgress = sent > 0 ? System.nanoTime() : lastProgress;
            }
            if (sent < length) {
                return true;
            }
        }
    }

    private void disconnect() throws IOException {
        SelectionKey gone = peer;
        if (gone != null) {
            peer = null;
            gone.channel().close();
            listening.interestOps(SelectionKey.OP_ACCEPT);
            synchronized (this) {
                lastProgress = System.nanoTime();
            }
            tellOpen(false);
            // The next one may be waiting already.
            selector.wakeup();
        }
    }

    private void losePatience() throws IOException {
        boolean lost;
        synchronized (this) {
            lost = !bytes.isEmpty() && System.nanoTime() - lastProgress >= patienceNanos;
            dropping |= lost && peer == null;
        }
        if (lost && peer != null) {
            LOG.warn("the console's peer has taken nothing for {} ms and is disconnected", patienceNanos / 1_000_000);
            disconnect();
        }
    }

    private void wantOutput() {
        ConsoleLine port;
        synchronized (this) {
            boolean room = bytes.isEmpty() || dropping || peer != null;
            port = refused && room && !closed ? line : null;
            refused &= port == null;
        }
        if (port != null) {
            port.outputWanted();
        }
    }

    private void abandon() {
        synchronized (this) {
            dropped += bytes.clear();
            dropping = true;
        }
        wantOutput();
    }

    /** Waits up to five seconds for a peer to take the rest. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            lastProgress = System.nanoTime();
        }
        selector.wakeup();
        try {
            thread.join();
            SocketAddress address = listener.getLocalAddress();
            SelectionKey last = peer;
            if (last != null) {
                last.channel().close();
            }
            selector.close();
            listener.close();
            if (address instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        } catch (IOException failure) {
            LOG.warn("the console's socket cannot be closed: {}", failure.toString());
        }
    }
}
