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
        icmp = new Icmp(ip, clock, counters, this::unreachable);
        udp = new Udp(ip, icmp, random, counters, this::hasRoom);
        tcp = new Tcp(link, ip, clock, random, counters);
        dhcp = new DhcpClient(udp, link.mac(), clock, random, counters, this::configure);
        resolver = new Resolver(udp, ip, clock, random, counters, waiting);
    }

    /** The station address, in the low 48 bits. */
    public long mac() {
        return link.mac();
    }

    /** The longest packet, in bytes. */
    public int mtu() {
        return link.mtu();
    }

    /** Whether the addresses come, or are to come, from a DHCP server. */
    public boolean usesDhcp() {
        return dhcp.isRunning();
    }

    public boolean linkUp() {
        return link.linkUp();
    }

    /** Nanoseconds, as deadlines count them. */
    public long now() {
        return clock.getAsLong();
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
            throw new NetworkException(
                    NetworkException.Reason.TIMED_OUT,
                    "no DHCP server answered within " + timeoutNanos / 1_000_000 + " ms");
        }
        return configuration();
    }

    /**
     * While we have no address and have only just begun to ask for one by DHCP, waits for it: so that what is sent right
     * after the start gets through. Whoever is told to stop meanwhile, or waits in vain, goes on without.
     *
     * @param destination where something is to go
     */
    public void awaitAddress(int destination) {
        if (ip.address() == 0 && !Ipv4Address.isLoopback(destination)) {
            link.flush();
            waiting.await(() -> ip.address() != 0, dhcp.patienceEnd());
        }
    }

    /** Nanoseconds to a host and back, or -1 if no echo comes within the time. */
    public long ping(int address, int length, long timeoutNanos) throws NetworkException {
        if (length < 0 || length + 8 > ip.largestPayload()) {
            throw new NetworkException(
                    NetworkException.Reason.TOO_LONG, "an echo of " + length + " bytes does not fit the interface");
        }
        awaitAddress(address);
        long ticket = icmp.ask(address, length);
        if (ticket < 0) {
            throw new NetworkException(
                    NetworkException.Reason.UNREACHABLE, "there is no way to " + Ipv4Address.format(address));
        }
        waiting.await(
                () -> icmp.roundTrip(ticket) >= 0 || icmp.isUnreachable(ticket), clock.getAsLong() + timeoutNanos);
        long roundTrip = icmp.roundTrip(ticket);
        boolean unreachable = icmp.isUnreachable(ticket);
        icmp.forget(ticket);
        if (roundTrip < 0 && unreachable) {
            throw new NetworkException(
                    NetworkException.Reason.UNREACHABLE, Ipv4Address.format(address) + " cannot be reached");
        }
        return roundTrip;
    }

    /** The addresses of a host, at least one; numbers with dots are taken as they are. */
    public List<Integer> resolve(String name) throws NetworkException {
        Integer literal = Ipv4Address.parse(name);
        if (literal != null) {
            return List.of(literal);
        }
        awaitAddress(Ipv4Address.BROADCAST);
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
        awaitAddress(address);
        TcpSocket socket = beginConnect(0, address, port);
        link.flush();
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
        tcp.poll();
        link.flush();
    }

    /** Lets frames go that calls between {@link #poll} and poll have sent. */
    public void flush() {
        link.flush();
    }

    /** Whether something waits for the interface to have room for a frame again. */
    public boolean isStarved() {
        return tcp.isStarved();
    }

    /** Tells everybody on the link where we are now: the interface may have moved. */
    public void announce() {
        arp.announce();
    }

    /** Whether what programs have written, or closed, has yet to reach their peers. */
    public boolean isUnderWay() {
        return tcp.isUnderWay();
    }

    /** How often peers have said that they got something new. */
    public long progress() {
        return counters.get(Counter.TCP_ADVANCED);
    }

    /** Ends what is still open, at once, and gives back what was lent. */
    public void close() {
        tcp.abort();
        dhcp.stop();
        link.flush();
    }

    private void unreachable(int source, int destination, int protocol, Packet quoted, int code, int mtu) {
        if (protocol == Ipv4.TCP) {
            tcp.unreachable(source, destination, quoted, code, mtu);
        }
    }

    private boolean hasRoom() {
        return tcp.hasRoomToSend();
    }

    private void receiveFrame() {
        int length = link.receive(frame);
        if (length <= 0) {
            return;
        }
        Packet packet = new Packet(frame, 0, Math.min(length, frame.length));
        packet.verified = link.checksumsVerified();
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
