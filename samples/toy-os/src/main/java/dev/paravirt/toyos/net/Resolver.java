// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Asks name servers in turn for the addresses of a host. */
final class Resolver {
    private static final int PORT = 53;
    private static final int ROUNDS = 3;
    private static final long PATIENCE = 2_000_000_000L;

    private final Udp udp;
    private final Ipv4 ip;
    private final LongSupplier clock;
    private final RandomGenerator random;
    private final Counters counters;
    private final Waiting waiting;

    Resolver(Udp udp, Ipv4 ip, LongSupplier clock, RandomGenerator random, Counters counters, Waiting waiting) {
        this.udp = udp;
        this.ip = ip;
        this.clock = clock;
        this.random = random;
        this.counters = counters;
        this.waiting = waiting;
    }

    /** @param name not an address */
    List<Integer> resolve(String name) throws NetworkException {
        List<Integer> servers = ip.configuration.nameServers();
        if (servers.isEmpty()) {
            throw new NetworkException(
                    NetworkException.Reason.UNREACHABLE, "cannot look up " + name + ": no name server is known");
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int server : servers) {
                DnsMessage answer = ask(server, name);
                if (answer == null) {
                    continue;
                }
                if (!answer.addresses.isEmpty()) {
                    return List.copyOf(answer.addresses);
                }
                if (answer.responseCode == 0 || answer.responseCode == DnsMessage.NO_SUCH_NAME) {
                    throw new NetworkException(
                            NetworkException.Reason.NO_SUCH_NAME,
                            name + " has no address: the name server does not know it");
                }
            }
        }
        throw new NetworkException(
                NetworkException.Reason.TIMED_OUT, "cannot look up " + name + ": no name server gave an answer");
    }

    /** One question from a port and with a number that others have to guess; null if no answer comes. */
    private @Nullable DnsMessage ask(int server, String name) throws NetworkException {
        int id = random.nextInt(1 << 16);
        byte[] question = DnsMessage.question(id, name);
        if (question == null) {
            throw new NetworkException(NetworkException.Reason.INVALID, "\"" + name + "\" is no host name");
        }
        try (UdpSocket socket = udp.bind(0)) {
            socket.send(server, PORT, question);
            long deadline = clock.getAsLong() + PATIENCE;
            while (true) {
                Datagram datagram = socket.receive(waiting, deadline);
                if (datagram == null) {
                    return null;
                }
                boolean theirs = datagram.address() == server && datagram.port() == PORT;
                DnsMessage answer = theirs ? DnsMessage.answer(datagram.data(), id, name) : null;
                if (answer != null) {
                    return answer;
                }
                counters.count(Counter.DNS_MALFORMED);
            }
        }
    }
}
