// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.net.NetworkException;
import dev.paravirt.toyos.net.TcpListener;
import dev.paravirt.toyos.net.TcpSocket;
import dev.paravirt.toyos.net.UdpSocket;
import java.util.function.BooleanSupplier;

/** A descriptor for an end of the network's, and how long calls wait for it. */
abstract sealed class SocketDescriptor extends OpenDescriptor {
    final Network network;
    /** Nanoseconds; 0 for not at all, negative for ever. */
    long timeout = -1;

    private SocketDescriptor(Network network) {
        this.network = network;
    }

    /** Whether a call to read, receive or accept would not wait. */
    abstract boolean readable();

    /** Whether a call to write or send would not wait. */
    abstract boolean writable();

    /** Waits until a condition holds, as long as the descriptor says. */
    final void await(BooleanSupplier condition) throws SystemCallException {
        if (!network.await(condition, timeout)) {
            throw new SystemCallException(timeout == 0 ? Errno.NOT_YET : Errno.TIMED_OUT);
        }
    }

    /** A TCP connection. */
    static final class Connection extends SocketDescriptor {
        final TcpSocket socket;

        Connection(Network network, TcpSocket socket) {
            super(network);
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.readable();
        }

        @Override
        boolean writable() {
            return socket.writable();
        }

        @Override
        int read(byte[] destination, int start, int length) throws NetworkException, SystemCallException {
            if (length == 0) {
                return 0;
            }
            await(this::readable);
            int count = socket.tryRead(destination, start, length);
            network.flush();
            return Math.max(0, count);
        }

        @Override
        void write(byte[] source, int start, int length) throws NetworkException, SystemCallException {
            for (int done = 0; done < length; ) {
                done += writeSome(source, start + done, length - done);
            }
        }

        /** Writes what there is room for, at least a byte. */
        int writeSome(byte[] source, int start, int length) throws NetworkException, SystemCallException {
            await(this::writable);
            int count = socket.tryWrite(source, start, length);
            network.flush();
            return count;
        }

        @Override
        void close() {
            socket.close();
            network.flush();
        }
    }

    /** A TCP port that takes connections. */
    static final class Listener extends SocketDescriptor {
        final TcpListener socket;

        Listener(Network network, TcpListener socket) {
            super(network);
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.pending();
        }

        @Override
        boolean writable() {
            return false;
        }

        @Override
        void close() {
            socket.close();
            network.flush();
        }
    }

    /** A UDP port. */
    static final class Datagrams extends SocketDescriptor {
        final UdpSocket socket;

        Datagrams(Network network, UdpSocket socket) {
            super(network);
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.pending();
        }

        @Override
        boolean writable() {
            return socket.hasRoom();
        }

        @Override
        void close() {
            socket.close();
        }
    }
}
