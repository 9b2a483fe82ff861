// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A port on which connections are accepted. */
public final class TcpListener implements AutoCloseable {
    private final Tcp tcp;
    private final Waiting waiting;
    private final int port;
    private final int backlog;
    private final Queue<TcpConnection> ready = new ArrayDeque<>();
    private int halfOpen;
    private boolean closed;

    TcpListener(Tcp tcp, Waiting waiting, int port, int backlog) {
        this.tcp = tcp;
        this.waiting = waiting;
        this.port = port;
        this.backlog = backlog;
    }

    public int port() {
        return port;
    }

    public boolean pending() {
        return !ready.isEmpty();
    }

    /** The next connection, or null if there is none. */
    public @Nullable TcpSocket poll() {
        TcpConnection connection = ready.poll();
        return connection == null ? null : new TcpSocket(connection, waiting);
    }

    /** The next connection; null if none comes until the deadline, or the listener is closed meanwhile. */
    public @Nullable TcpSocket accept(long deadline) {
        waiting.await(() -> pending() || closed, deadline);
        return poll();
    }

    boolean hasRoom() {
        return halfOpen + ready.size() < backlog;
    }

    void opening() {
        halfOpen++;
    }

    void vanished() {
        halfOpen--;
    }

    void established(TcpConnection connection) {
        halfOpen--;
        if (closed) {
            connection.abort(TcpFailure.NOT_ACCEPTED);
        } else {
            ready.add(connection);
        }
    }

    /** Refuses further connections, and those that were not accepted yet. */
    @Override
    public void close() {
        closed = true;
        tcp.release(this);
        for (TcpConnection next = ready.poll(); next != null; next = ready.poll()) {
            next.abort(TcpFailure.NOT_ACCEPTED);
        }
    }
}
