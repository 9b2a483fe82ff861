// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.SystemCall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The system calls on the network, with types. Shares a program's memory with its {@link UserSpace}. */
final class Sockets {
    static final long FOREVER = -1;
    static final long SECOND = 1_000_000_000L;

    private static final int TEXT = 0;
    private static final int STRUCTURE = 16 << 10;
    private static final int STRUCTURE_SIZE = 4 << 10;
    private static final int MESSAGE = 32 << 10;
    private static final int MESSAGE_SIZE = 16 << 10;
    private static final int MOST_POLLED = STRUCTURE_SIZE / Layout.POLL_SIZE;

    private final UserSpace user;
    private final ByteBuffer fields;

    Sockets(UserSpace user) {
        this.user = user;
        fields = ByteBuffer.wrap(user.memory()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A host and a port. */
    record Endpoint(int address, int port) {
        @Override
        public String toString() {
            return format(address) + ":" + port;
        }
    }

    /** A connection that was accepted. */
    record Accepted(int fd, Endpoint peer) {}

    /** A datagram that was received; its bytes are in the buffer. */
    record Received(int length, Endpoint from) {}

    /** What {@code ifconfig} shows. */
    record Interface(
            long mac,
            int address,
            int prefix,
            int gateway,
            int mtu,
            boolean up,
            boolean dhcp,
            List<Integer> nameServers) {}

    record Counter(String name, long value) {}

    static String format(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xFF) + "." + (address >>> 8 & 0xFF) + "." + (address & 0xFF);
    }

    /** All addresses of a host, at least one. */
    List<Integer> resolve(String host) throws UserException {
        int length = user.text(TEXT, host);
        int count = (int) user.call(host, SystemCall.RESOLVE, TEXT, length, STRUCTURE, STRUCTURE_SIZE);
        List<Integer> addresses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            addresses.add(fields.getInt(STRUCTURE + Integer.BYTES * i));
        }
        return addresses;
    }

    int connect(int address, int port, long timeout) throws UserException {
        return (int) user.call(format(address) + ":" + port, SystemCall.CONNECT, address, port, timeout, 0);
    }

    int listen(int port, int backlog) throws UserException {
        return (int) user.call("TCP port " + port, SystemCall.LISTEN, port, backlog, 0, 0);
    }

    Accepted accept(int fd) throws UserException {
        int accepted = (int) user.call("accept", SystemCall.ACCEPT, fd, STRUCTURE, 0, 0);
        return new Accepted(accepted, endpoint(STRUCTURE));
    }

    int bind(int port) throws UserException {
        return (int) user.call("UDP port " + port, SystemCall.BIND, port, 0, 0, 0);
    }

    /** Sends bytes of the program's memory as one datagram. */
    void send(int fd, Endpoint to, int address, int length) throws UserException {
        fields.putInt(STRUCTURE + Layout.ENDPOINT_ADDRESS, to.address());
        fields.putInt(STRUCTURE + Layout.ENDPOINT_PORT, to.port());
        user.call(to.toString(), SystemCall.SEND, fd, address, length, STRUCTURE);
    }

    /** Writes into a connection what there is room for; returns how much. */
    int writeSome(int fd, int address, int length) throws UserException {
        return (int) user.call("write", SystemCall.SEND, fd, address, length, 0);
    }

    Received receive(int fd, int address, int size) throws UserException {
        int length = (int) user.call("receive", SystemCall.RECEIVE, fd, address, size, STRUCTURE);
        return new Received(length, endpoint(STRUCTURE));
    }

    private Endpoint endpoint(int at) {
        return new Endpoint(fields.getInt(at + Layout.ENDPOINT_ADDRESS), fields.getInt(at + Layout.ENDPOINT_PORT));
    }

    void shutDown(int fd) throws UserException {
        user.call("shutdown", SystemCall.SHUTDOWN, fd, 0, 0, 0);
    }

    /** How long calls on the descriptor wait; 0 for not at all, {@link #FOREVER}. */
    void timeout(int fd, long nanos) throws UserException {
        user.call("timeout", SystemCall.TIMEOUT, fd, nanos, 0, 0);
    }

    /**
     * Waits until one of several descriptors is ready.
     *
     * @param wanted for each descriptor, {@code Layout.POLL_READABLE} and {@code POLL_WRITABLE}; becomes what is the case
     */
    void poll(int[] descriptors, int[] wanted, int count, long timeout) throws UserException {
        if (count > MOST_POLLED) {
            throw new UserException("poll: " + count + " descriptors at once", Errno.INVALID_ARGUMENT);
        }
        for (int i = 0; i < count; i++) {
            int at = STRUCTURE + i * Layout.POLL_SIZE;
            fields.putInt(at + Layout.POLL_DESCRIPTOR, descriptors[i]);
            fields.putInt(at + Layout.POLL_WANTED, wanted[i]);
        }
        user.call("poll", SystemCall.POLL, STRUCTURE, count, timeout, 0);
        for (int i = 0; i < count; i++) {
            wanted[i] = fields.getInt(STRUCTURE + i * Layout.POLL_SIZE + Layout.POLL_READY);
        }
    }

    /** Nanoseconds there and back. */
    long ping(int address, int length, long timeout) throws UserException {
        return user.call(format(address), SystemCall.PING, address, length, timeout, 0);
    }

    Interface network() throws UserException {
        user.call("network", SystemCall.INTERFACE, STRUCTURE, STRUCTURE_SIZE, 0, 0);
        List<Integer> servers = new ArrayList<>();
        int count = fields.getInt(STRUCTURE + Layout.INTERFACE_NAME_SERVERS);
        for (int i = 0; i < count; i++) {
            servers.add(fields.getInt(STRUCTURE + Layout.INTERFACE_SIZE + Integer.BYTES * i));
        }
        int flags = fields.getInt(STRUCTURE + Layout.INTERFACE_FLAGS);
        return new Interface(
                fields.getLong(STRUCTURE + Layout.INTERFACE_MAC),
                fields.getInt(STRUCTURE + Layout.INTERFACE_ADDRESS),
                fields.getInt(STRUCTURE + Layout.INTERFACE_PREFIX),
                fields.getInt(STRUCTURE + Layout.INTERFACE_GATEWAY),
                fields.getInt(STRUCTURE + Layout.INTERFACE_MTU),
                (flags & Layout.INTERFACE_FLAG_UP) != 0,
                (flags & Layout.INTERFACE_FLAG_DHCP) != 0,
                servers);
    }

    /** Everything that the network counts. */
    List<Counter> counters() throws UserException {
        List<Counter> counters = new ArrayList<>();
        while (user.call("counter", SystemCall.COUNTER, counters.size(), STRUCTURE, STRUCTURE_SIZE, 0) > 0) {
            int length = fields.getInt(STRUCTURE + Layout.COUNTER_NAME_LENGTH);
            String name = user.text(STRUCTURE + Layout.COUNTER_NAME, length);
            counters.add(new Counter(name, fields.getLong(STRUCTURE + Layout.COUNTER_VALUE)));
        }
        return counters;
    }

    /** Writes text into a connection. */
    void write(int fd, String text) throws UserException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int done = 0; done < bytes.length; done += MESSAGE_SIZE) {
            int part = Math.min(MESSAGE_SIZE, bytes.length - done);
            System.arraycopy(bytes, done, user.memory(), MESSAGE, part);
            user.write(fd, MESSAGE, part);
        }
    }
}
