// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Gets an address and keeps it (RFC 2131). */
final class DhcpClient {
    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;
    private static final long SECOND = 1_000_000_000L;
    private static final int REQUESTS = 4;
    /** How long those who need an address are to wait for it. */
    private static final long PATIENCE = 10 * SECOND;

    private static final long SHORTEST_LEASE = 10;
    private static final long LONGEST_LEASE = 365L * 24 * 3600;

    private enum State {
        STOPPED,
        SELECTING,
        REQUESTING,
        BOUND,
        RENEWING,
        REBINDING
    }

    private final Udp udp;
    private final long mac;
    private final LongSupplier clock;
    private final RandomGenerator random;
    private final Counters counters;
    private final Consumer<Configuration> configure;
    private @Nullable UdpSocket socket;
    private State state = State.STOPPED;
    private int transaction;
    private int tries;
    private int address;
    private int server;
    private long rebindAt;
    private long expiresAt;
    private long deadline = Long.MAX_VALUE;
    private long patienceEnd;

    DhcpClient(
            Udp udp,
            long mac,
            LongSupplier clock,
            RandomGenerator random,
            Counters counters,
            Consumer<Configuration> configure) {
        this.udp = udp;
        this.mac = mac;
        this.clock = clock;
        this.random = random;
        this.counters = counters;
        this.configure = configure;
    }

    void start() throws NetworkException {
        if (socket == null) {
            socket = udp.bind(CLIENT_PORT);
            discover();
        }
    }

    /** Gives the address back (RFC 2131, section 4.4.6). */
    void stop() {
        if (isBound() && server != 0) {
            transaction = random.nextInt();
            send(DhcpMessage.RELEASE, address, 0, server, server);
        }
        state = State.STOPPED;
        deadline = Long.MAX_VALUE;
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }

    boolean isRunning() {
        return state != State.STOPPED;
    }

    boolean isBound() {
        return state == State.BOUND || state == State.RENEWING || state == State.REBINDING;
    }

    long deadline() {
        return deadline;
    }

    /** Until when an address may be hoped for, while there is none: the same time for all, so that only the first wait. */
    long patienceEnd() {
        return isRunning() ? patienceEnd : Long.MIN_VALUE;
    }

    /** Handles what came, and what is due. */
    void poll() {
        if (socket == null) {
            return;
        }
        for (Datagram datagram = socket.poll(); datagram != null; datagram = socket.poll()) {
            DhcpMessage message =
                    datagram.port() == SERVER_PORT ? DhcpMessage.parse(datagram.data(), transaction, mac) : null;
            if (message == null) {
                counters.count(Counter.DHCP_MALFORMED);
            } else {
                receive(message);
            }
        }
        if (clock.getAsLong() >= deadline) {
            timedOut();
        }
    }

    private void receive(DhcpMessage message) {
        if (message.type == DhcpMessage.OFFER && state == State.SELECTING && message.configuration() != null) {
            address = message.address;
            server = message.server;
            state = State.REQUESTING;
            tries = 0;
            request();
        } else if (message.type == DhcpMessage.ACK && state != State.SELECTING && state != State.BOUND) {
            acknowledged(message);
        } else if (message.type == DhcpMessage.NAK && state != State.SELECTING && state != State.BOUND) {
            configure.accept(Configuration.NONE);
            discover();
        }
    }

    private void acknowledged(DhcpMessage message) {
        Configuration configuration = message.configuration();
        if (configuration == null || message.leaseSeconds < 0) {
            counters.count(Counter.DHCP_MALFORMED);
            return;
        }
        long lease = Math.clamp(message.leaseSeconds, SHORTEST_LEASE, LONGEST_LEASE);
        long rebind = message.rebindSeconds > 0 ? Math.min(message.rebindSeconds, lease) : lease * 7 / 8;
        long renew = message.renewSeconds > 0 ? Math.min(message.renewSeconds, rebind) : Math.min(lease / 2, rebind);
        long now = clock.getAsLong();
        address = message.address;
        server = message.server != 0 ? message.server : server;
        rebindAt = now + rebind * SECOND;
        expiresAt = now + lease * SECOND;
        deadline = now + renew * SECOND;
        state = State.BOUND;
        configure.accept(configuration);
    }

    private void timedOut() {
        long now = clock.getAsLong();
        switch (state) {
            case SELECTING -> send(DhcpMessage.DISCOVER, 0, 0, 0, Ipv4Address.BROADCAST);
            case REQUESTING -> {
                if (tries >= REQUESTS) {
                    discover();
                } else {
                    request();
                }
            }
            case BOUND, RENEWING, REBINDING -> renew(now);
            case STOPPED -> deadline = Long.MAX_VALUE;
        }
    }

    private void renew(long now) {
        if (now >= expiresAt) {
            configure.accept(Configuration.NONE);
            discover();
            return;
        }
        boolean rebinding = now >= rebindAt;
        if (state == State.BOUND) {
            transaction = random.nextInt();
        }
        state = rebinding ? State.REBINDING : State.RENEWING;
        send(DhcpMessage.REQUEST, address, 0, 0, rebinding || server == 0 ? Ipv4Address.BROADCAST : server);
        long next = rebinding ? expiresAt : rebindAt;
        deadline = Math.min(next, now + Math.max((next - now) / 2, 5 * SECOND));
    }

    private void discover() {
        if (state == State.STOPPED || isBound()) {
            patienceEnd = clock.getAsLong() + PATIENCE;
        }
        state = State.SELECTING;
        transaction = random.nextInt();
        tries = 0;
        address = 0;
        send(DhcpMessage.DISCOVER, 0, 0, 0, Ipv4Address.BROADCAST);
    }

    private void request() {
        send(DhcpMessage.REQUEST, 0, address, server, Ipv4Address.BROADCAST);
    }

    private void send(int type, int current, int requested, int chosenServer, int destination) {
        byte[] data = DhcpMessage.build(type, transaction, mac, current, requested, chosenServer);
        deadline = clock.getAsLong() + (SECOND << Math.min(tries, 4));
        tries++;
        try {
            udp.send(CLIENT_PORT, destination, SERVER_PORT, data, 0, data.length);
        } catch (NetworkException unreachable) {
            // The server is not on our network any more: the next try is made as if it had not answered.
            counters.count(Counter.IP_NO_ROUTE);
        }
    }
}
