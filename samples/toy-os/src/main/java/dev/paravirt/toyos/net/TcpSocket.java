// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** One end of a connection. The calls that begin with "try" never wait. */
public final class TcpSocket implements AutoCloseable {
    private final TcpConnection connection;
    private final Waiting waiting;

    TcpSocket(TcpConnection connection, Waiting waiting) {
        this.connection = connection;
        this.waiting = waiting;
    }

    public int remoteAddress() {
        return connection.path.remoteAddress();
    }

    public int remotePort() {
        return connection.path.remotePort();
    }

    public int localAddress() {
        return connection.path.localAddress();
    }

    public int localPort() {
        return connection.path.localPort();
    }

    public TcpState state() {
        return connection.state();
    }

    /** Whether {@link #tryRead} would return something other than 0. */
    public boolean readable() {
        return connection.receiver.readable() > 0
                || connection.receiver.finished()
                || connection.state() == TcpState.CLOSED;
    }

    /** Whether {@link #tryWrite} would return something other than 0. */
    public boolean writable() {
        return connection.sender.free() > 0 || connection.state() == TcpState.CLOSED;
    }

    /**
     * Reads what is there, up to {@code length} bytes.
     *
     * @return bytes read; 0 if nothing has come; -1 when the peer has ended its stream
     * @throws NetworkException if the connection was reset or the peer does not answer
     */
    public int tryRead(byte[] target, int start, int length) throws NetworkException {
        if (connection.receiver.readable() == 0) {
            // What came before a reset is still read.
            check();
            return connection.receiver.finished() || connection.state() == TcpState.CLOSED ? -1 : 0;
        }
        return connection.receiver.read(target, start, length, connection.mss());
    }

    /**
     * Takes what there is room for.
     *
     * @throws NetworkException if the connection is at its end, or its output was shut down
     */
    public int tryWrite(byte[] source, int start, int length) throws NetworkException {
        check();
        if (connection.state() != TcpState.ESTABLISHED && connection.state() != TcpState.CLOSE_WAIT) {
            throw failed(NetworkException.Reason.CLOSED, "is closed on our side");
        }
        int taken = connection.sender.write(source, start, length);
        connection.flush();
        return taken;
    }

    /** As {@link #tryRead}, but waits until there is something; 0 only for a length of 0. */
    public int read(byte[] target, int start, int length) throws NetworkException {
        return read(target, start, length, Long.MAX_VALUE);
    }

    /**
     * As {@link #tryRead}, but waits until there is something, at the longest to the deadline.
     *
     * @return 0 if nothing came until then
     */
    public int read(byte[] target, int start, int length, long deadline) throws NetworkException {
        waiting.await(this::readable, deadline);
        return tryRead(target, start, length);
    }

    /** Writes everything; waits as long as there is no room. */
    public void write(byte[] source, int start, int length) throws NetworkException {
        int done = 0;
        while (done < length) {
            waiting.await(this::writable, Long.MAX_VALUE);
            done += tryWrite(source, start + done, length - done);
        }
    }

    /** Ends our stream; the peer's is still read. */
    public void shutdownOutput() {
        connection.finish();
    }

    /** Returns when the connection is set up; the deadline is that of the stack's clock. */
    void awaitConnected(long deadline) throws NetworkException {
        waiting.await(
                () -> connection.state() != TcpState.SYN_SENT && connection.state() != TcpState.SYN_RECEIVED, deadline);
        if (connection.state() == TcpState.SYN_SENT || connection.state() == TcpState.SYN_RECEIVED) {
            TcpFailure softError = connection.softError();
            close();
            throw softError == null
                    ? failed(NetworkException.Reason.TIMED_OUT, "did not answer in time")
                    : failed(softError.reason(), softError.text());
        }
        check();
    }

    private void check() throws NetworkException {
        TcpFailure failure = connection.failure();
        if (failure != null) {
            throw failed(failure.reason(), failure.text());
        }
    }

    private NetworkException failed(NetworkException.Reason reason, String why) {
        return new NetworkException(
                reason, "TCP connection: " + Ipv4Address.format(remoteAddress()) + ":" + remotePort() + " " + why);
    }

    /** Does not wait: what was written still goes out. Data that was not read, or comes later, resets the connection. */
    @Override
    public void close() {
        connection.release();
    }

    /** Ends the connection at once; the peer sees a reset. */
    public void abort() {
        if (connection.state() != TcpState.CLOSED) {
            connection.abort(TcpFailure.ABORTED);
        }
    }
}
