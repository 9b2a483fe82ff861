// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.net.Datagram;
import dev.paravirt.toyos.net.NetworkException;
import dev.paravirt.toyos.net.TcpListener;
import dev.paravirt.toyos.net.TcpSocket;
import dev.paravirt.toyos.net.UdpSocket;
import org.jspecify.annotations.Nullable;

/** The system calls on sockets. */
final class SocketCalls {
    private static final int MOST_BACKLOG = 256;
    private static final int MOST_DATAGRAM = 65_535;
    private static final int MOST_POLLED = 256;

    private final @Nullable Network network;

    /** @param network null if there is none: then every call fails */
    SocketCalls(@Nullable Network network) {
        this.network = network;
    }

    private Network network() throws SystemCallException {
        return Network.of(network);
    }

    private static int port(long number) throws SystemCallException {
        if (number < 0 || number > 0xFFFF) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        return (int) number;
    }

    long connect(Process process, long address, long port, long timeout) throws NetworkException, SystemCallException {
        int number = process.freeDescriptor();
        TcpSocket socket = network().stack().connect(Network.address(address), port(port), Network.timeout(timeout));
        process.open(number, new SocketDescriptor.Connection(network(), socket));
        return number;
    }

    long listen(Process process, long port, long backlog) throws NetworkException, SystemCallException {
        if (backlog < 1) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        int number = process.freeDescriptor();
        TcpListener socket = network().stack().listen(port(port), (int) Math.min(backlog, MOST_BACKLOG));
        process.open(number, new SocketDescriptor.Listener(network(), socket));
        return number;
    }

    long accept(Process process, long fd, long address) throws SystemCallException {
        process.memory.check(address, Layout.ENDPOINT_SIZE);
        if (!(socket(process, fd) instanceof SocketDescriptor.Listener listener)) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        int number = process.freeDescriptor();
        listener.await(listener::readable);
        TcpSocket accepted = listener.socket.poll();
        if (accepted == null) {
            throw new SystemCallException(Errno.NOT_YET);
        }
        process.open(number, new SocketDescriptor.Connection(network(), accepted));
        putEndpoint(process.memory, address, accepted.remoteAddress(), accepted.remotePort());
        return number;
    }

    long bind(Process process, long port) throws NetworkException, SystemCallException {
        int number = process.freeDescriptor();
        UdpSocket socket = network().stack().bind(port(port));
        process.open(number, new SocketDescriptor.Datagrams(network(), socket));
        return number;
    }

    long shutDown(Process process, long fd) throws SystemCallException {
        connection(process, fd).socket.shutdownOutput();
        network().flush();
        return 0;
    }

    long send(Process process, long fd, long address, long length, long endpoint)
            throws NetworkException, SystemCallException {
        UserMemory memory = process.memory;
        int start = memory.check(address, length);
        if (length > 0 && process.descriptor(fd) instanceof SocketDescriptor.Connection connection) {
            return connection.writeSome(memory.array(), start, (int) length);
        }
        SocketDescriptor.Datagrams datagrams = datagrams(process, fd);
        int destination = memory.getInt(endpoint + Layout.ENDPOINT_ADDRESS);
        int port = port(memory.getInt(endpoint + Layout.ENDPOINT_PORT));
        if (length > MOST_DATAGRAM) {
            throw new SystemCallException(Errno.MESSAGE_TOO_LONG);
        }
        network().stack().awaitAddress(destination);
        // A program that only sends never waits: what comes meanwhile, such as the neighbour's address, is seen to
        // here.
        network().stack().poll();
        datagrams.await(datagrams::writable);
        datagrams.socket.send(destination, port, memory.array(), start, (int) length);
        network().flush();
        return length;
    }

    long receive(Process process, long fd, long address, long size, long endpoint) throws SystemCallException {
        UserMemory memory = process.memory;
        int start = memory.check(address, size);
        memory.check(endpoint, Layout.ENDPOINT_SIZE);
        SocketDescriptor.Datagrams datagrams = datagrams(process, fd);
        datagrams.await(datagrams::readable);
        Datagram datagram = datagrams.socket.poll();
        if (datagram == null) {
            throw new SystemCallException(Errno.NOT_YET);
        }
        byte[] data = datagram.data();
        System.arraycopy(data, 0, memory.array(), start, (int) Math.min(size, data.length));
        putEndpoint(memory, endpoint, datagram.address(), datagram.port());
        return data.length;
    }

    long timeout(Process process, long fd, long nanos) throws SystemCallException {
        socket(process, fd).timeout = nanos;
        return 0;
    }

    long poll(Process process, long entries, long count, long nanos) throws SystemCallException {
        UserMemory memory = process.memory;
        if (count < 0 || count > MOST_POLLED) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        memory.check(entries, count * Layout.POLL_SIZE);
        SocketDescriptor[] sockets = new SocketDescriptor[(int) count];
        int[] wanted = new int[sockets.length];
        for (int i = 0; i < sockets.length; i++) {
            long entry = entries + (long) i * Layout.POLL_SIZE;
            sockets[i] = socket(process, memory.getInt(entry + Layout.POLL_DESCRIPTOR));
            wanted[i] = memory.getInt(entry + Layout.POLL_WANTED);
        }
        network().await(() -> anyReady(sockets, wanted), nanos);
        int ready = 0;
        for (int i = 0; i < sockets.length; i++) {
            int now = ready(sockets[i], wanted[i]);
            ready += now == 0 ? 0 : 1;
            memory.putInt(entries + (long) i * Layout.POLL_SIZE + Layout.POLL_READY, now);
        }
        return ready;
    }

    private static boolean anyReady(SocketDescriptor[] sockets, int[] wanted) {
        for (int i = 0; i < sockets.length; i++) {
            if (ready(sockets[i], wanted[i]) != 0) {
                return true;
            }
        }
        return false;
    }

    private static int ready(SocketDescriptor socket, int wanted) {
        boolean readable = (wanted & Layout.POLL_READABLE) != 0 && socket.readable();
        boolean writable = (wanted & Layout.POLL_WRITABLE) != 0 && socket.writable();
        return (readable ? Layout.POLL_READABLE : 0) | (writable ? Layout.POLL_WRITABLE : 0);
    }

    long endpoints(Process process, long fd, long address) throws SystemCallException {
        UserMemory memory = process.memory;
        memory.check(address, 2L * Layout.ENDPOINT_SIZE);
        int own = network().stack().configuration().address();
        switch (socket(process, fd)) {
            case SocketDescriptor.Connection connection -> {
                TcpSocket socket = connection.socket;
                putEndpoint(memory, address, socket.localAddress(), socket.localPort());
                putEndpoint(memory, address + Layout.ENDPOINT_SIZE, socket.remoteAddress(), socket.remotePort());
            }
            case SocketDescriptor.Listener listener -> putEndpoint(memory, address, own, listener.socket.port());
            case SocketDescriptor.Datagrams datagrams -> putEndpoint(memory, address, own, datagrams.socket.port());
        }
        return 0;
    }

    private static SocketDescriptor socket(Process process, long fd) throws SystemCallException {
        if (process.descriptor(fd) instanceof SocketDescriptor socket) {
            return socket;
        }
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    private static SocketDescriptor.Connection connection(Process process, long fd) throws SystemCallException {
        if (process.descriptor(fd) instanceof SocketDescriptor.Connection connection) {
            return connection;
        }
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    private static SocketDescriptor.Datagrams datagrams(Process process, long fd) throws SystemCallException {
        if (process.descriptor(fd) instanceof SocketDescriptor.Datagrams datagrams) {
            return datagrams;
        }
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    private static void putEndpoint(UserMemory memory, long at, int address, int port) throws SystemCallException {
        memory.putInt(at + Layout.ENDPOINT_ADDRESS, address);
        memory.putInt(at + Layout.ENDPOINT_PORT, port);
    }
}
