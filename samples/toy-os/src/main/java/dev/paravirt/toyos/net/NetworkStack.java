// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The protocols over one interface. Used by one task at a time, as all kernel code is; nothing happens but in the
 * callers' calls and in {@link #poll}, which someone must call when frames are there or {@link #deadline} is reached.
 */
public final class NetworkStack {
    /** Frames taken before timers have their turn. */
    private static final int BURST = 256;

    private static final int LONGEST_FRAME = 65550;

    private final NetworkInterface link;
    private final LongSupplier clock;
    private final Waiting waiting;
    private final Counters counters = new Counters();
    private final byte[] frame = new byte[LONGEST_FRAME];
    private final Ethernet ethernet;
    private final Arp arp;
    private final Ipv4 ip;
    private final Icmp icmp;
    private final Udp udp;
    private final Tcp tcp;
    private final DhcpClient dhcp;
    private final Resolver resolver;

    /**
     * @param clock nanoseconds; never goes back
     * @param random for ports, initial sequence numbers and identifiers: what strangers must not guess
     */
    public NetworkStack(NetworkInterface link, LongSupplier clock, RandomGenerator random, Waiting waiting) {
        this.link = link;
        this.clock = clock;
        this.waiting = waiting;
        ethernet = new Ethernet(link, counters);
        arp = new Arp(ethernet, link.mac(), clock, counters);
        ip = new Ipv4(arp, link.mtu(), counters);
        icmp = new Icmp(ip, clock, counters);
        udp = new Udp(ip, icmp, random, counters);
        tcp = new Tcp(ip, clock, random, counters);
        dhcp = new DhcpClient(udp, link.mac(), clock, random, counters, this::configure);
        resolver = new Resolver(udp, ip, clock, random, counters, waiting);
    }

    public Counters counters() {
        return counters;
    }

    public Configuration configuration() {
        return ip.configuration;
    }

    /** Sets the addresses; connections that use an earlier address end by their timers. */
    public void configure(Configuration configuration) {
        ip.configuration = configuration;
        arp.answerFor(configuration.address());
    }

    /** Gets addresses by DHCP, and keeps them. */
    public void startDhcp() throws NetworkException {
        dhcp.start();
    }

    /**
     * Asks by DHCP and waits for the first answer.
     *
     * @throws NetworkException if there is none within the time
     */
    public Configuration awaitDhcp(long timeoutNanos) throws NetworkException {
        dhcp.start();
        waiting.await(dhcp::isBound, clock.getAsLong() + timeoutNanos);
        if (!dhcp.isBound()) {
            throw new NetworkException("no DHCP server answered within " + timeoutNanos / 1_000_000 + " ms");
        }
        return configuration();
    }

    /** Nanoseconds to a host and back, or -1 if no echo comes within the time. */
    public long ping(int address, int length, long timeoutNanos) throws NetworkException {
        if (length < 0 || length + 8 > ip.largestPayload()) {
            throw new NetworkException("an echo of " + length + " bytes does not fit the interface");
        }
        long ticket = icmp.ask(address, length);
        if (ticket < 0) {
            throw new NetworkException("there is no way to " + Ipv4Address.format(address));
        }
        waiting.await(() -> icmp.roundTrip(ticket) >= 0, clock.getAsLong() + timeoutNanos);
        long roundTrip = icmp.roundTrip(ticket);
        icmp.forget(ticket);
        return roundTrip;
    }

    /** The addresses of a host, at least one; numbers with dots are taken as they are. */
    public List<Integer> resolve(String name) throws NetworkException {
        return resolver.resolve(name);
    }

    /** Takes a UDP port, or any free one if it is 0. */
    public UdpSocket bind(int port) throws NetworkException {
        return udp.bind(port);
    }

    /**
     * Accepts connections on a port.
     *
     * @param backlog connections that are set up but not accepted yet, at most
     */
    public TcpListener listen(int port, int backlog) throws NetworkException {
        return tcp.listen(waiting, port, backlog);
    }

    /** Connects; throws if the peer refuses or does not answer within the time. */
    public TcpSocket connect(int address, int port, long timeoutNanos) throws NetworkException {
        TcpSocket socket = beginConnect(0, address, port);
        socket.awaitConnected(clock.getAsLong() + timeoutNanos);
        return socket;
    }

    /** Begins to connect, from a given port if it is not 0, and returns at once. */
    TcpSocket beginConnect(int localPort, int address, int port) throws NetworkException {
        return new TcpSocket(tcp.connect(localPort, address, port), waiting);
    }

    /** TCP connections that are not entirely over. */
    public int connections() {
        return tcp.connections();
    }

    int neighbours() {
        return arp.size();
    }

    /** Whether frames wait to be taken by {@link #poll}. */
    public boolean hasArrivals() {
        return link.pending() || ip.hasLooped();
    }

    /** When {@link #poll} must be called at the latest, on the stack's clock. */
    public long deadline() {
        return Math.min(Math.min(arp.deadline(), dhcp.deadline()), tcp.deadline());
    }

    /** Takes frames that have arrived, up to a bound, and does what is due. Never waits. */
    public void poll() {
        for (int i = 0; i < BURST && hasArrivals(); i++) {
            if (ip.hasLooped()) {
                receiveIp(ip.takeLooped(), false);
            } else {
                receiveFrame();
            }
        }
        long now = clock.getAsLong();
        if (deadline() <= now) {
            arp.runTimers();
            tcp.runTimers();
        }
        dhcp.poll();
    }

    private void receiveFrame() {
        int length = link.receive(frame);
        if (length <= 0) {
            return;
        }
        Packet packet = new Packet(frame, 0, Math.min(length, frame.length));
        switch (ethernet.receive(packet)) {
            case Ethernet.ARP -> arp.receive(packet);
            case Ethernet.IPV4 -> receiveIp(packet, true);
            default -> {
                // Counted.
            }
        }
    }

    private void receiveIp(Packet packet, boolean fromLink) {
        if (!ip.check(packet, fromLink)) {
            return;
        }
        int source = Ipv4.source(packet);
        int destination = Ipv4.destination(packet);
        int protocol = Ipv4.protocol(packet);
        int header = Ipv4.headerLength(packet);
        packet.dropFront(header);
        switch (protocol) {
            case Ipv4.ICMP -> icmp.receive(packet, source, destination);
            case Ipv4.UDP -> udp.receive(packet, source, destination, header);
            case Ipv4.TCP -> tcp.receive(packet, source, destination);
            default -> counters.count(Counter.IP_UNKNOWN_PROTOCOL);
        }
    }
}
