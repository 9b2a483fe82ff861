// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.List;
import java.util.Locale;

/** Small programs about the network. */
final class NetworkPrograms {
    private static final int HEADERS = 8;

    private NetworkPrograms() {}

    /** ifconfig [-v]: the network card; with -v all that was counted. */
    static int showInterface(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "-v", "");
        options.operands(0, 0);
        Sockets sockets = new Sockets(user);
        Sockets.Interface card = sockets.network();
        user.print("net0  link " + (card.up() ? "up" : "down") + ", " + mac(card.mac()) + ", MTU " + card.mtu());
        user.print("      " + addresses(card));
        List<Sockets.Counter> counters = sockets.counters();
        user.print("      received " + counter(counters, "frames received") + " frames, "
                + counter(counters, "bytes received") + " bytes; sent " + counter(counters, "frames sent")
                + " frames, " + counter(counters, "bytes sent") + " bytes");
        if (options.has("-v")) {
            for (Sockets.Counter counter : counters) {
                if (counter.value() != 0) {
                    user.print(String.format(Locale.ROOT, "%16d  %s", counter.value(), counter.name()));
                }
            }
        }
        user.report(Report.event("network")
                .field("up", card.up())
                .field("mac", mac(card.mac()))
                .field("address", card.address() == 0 ? "" : Sockets.format(card.address()) + "/" + card.prefix())
                .field("mtu", card.mtu()));
        return 0;
    }

    private static String addresses(Sockets.Interface card) {
        if (card.address() == 0) {
            return card.dhcp() ? "no address yet: asking by DHCP" : "no address";
        }
        StringBuilder line = new StringBuilder(Sockets.format(card.address()) + "/" + card.prefix());
        line.append(card.dhcp() ? " by DHCP" : "");
        if (card.gateway() != 0) {
            line.append(", gateway ").append(Sockets.format(card.gateway()));
        }
        card.nameServers().forEach(server -> line.append(", name server ").append(Sockets.format(server)));
        return line.toString();
    }

    private static String mac(long mac) {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(String.format(Locale.ROOT, shift == 0 ? "%02x" : "%02x:", mac >>> shift & 0xFF));
        }
        return text.toString();
    }

    private static long counter(List<Sockets.Counter> counters, String name) {
        for (Sockets.Counter counter : counters) {
            if (counter.name().equals(name)) {
                return counter.value();
            }
        }
        return 0;
    }

    /** resolve NAME: its addresses, a line each. */
    static int resolve(UserSpace user, Arguments arguments) throws UserException {
        String name = new Options(arguments, "", "").operands(1, 1).getFirst();
        for (int address : new Sockets(user).resolve(name)) {
            user.print(Sockets.format(address));
        }
        return 0;
    }

    /** ping HOST [-c COUNT] [-s BYTES] [-i MILLISECONDS] [-W MILLISECONDS] */
    static int ping(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "", "-c -s -i -W");
        String host = options.operands(1, 1).getFirst();
        int count = options.number("-c", 4, 1, Integer.MAX_VALUE);
        int size = options.number("-s", 56, 0, 65_507);
        long interval = options.number("-i", 1000, 0, 3_600_000) * 1_000_000L;
        long patience = options.number("-W", 1000, 1, 3_600_000) * 1_000_000L;
        Sockets sockets = new Sockets(user);
        int address = sockets.resolve(host).getFirst();
        user.print("PING " + host + " (" + Sockets.format(address) + "): " + size + " bytes");
        RoundTrips trips = new RoundTrips();
        for (int i = 0; i < count; i++) {
            long started = user.monotonicNanos();
            trips.sent++;
            try {
                long nanos = sockets.ping(address, size, patience);
                trips.add(nanos);
                user.print((size + HEADERS) + " bytes from " + Sockets.format(address) + ": seq=" + i + " time="
                        + millis(nanos) + " ms");
            } catch (UserException failed) {
                if (failed.errno() != Errno.TIMED_OUT && failed.errno() != Errno.UNREACHABLE) {
                    throw failed;
                }
                user.print("seq=" + i + ": " + failed.errno().text());
            }
            if (i + 1 < count) {
                user.sleep(Math.max(0, interval - (user.monotonicNanos() - started)));
            }
        }
        trips.print(user, host);
        user.report(Report.event("ping")
                .field("host", host)
                .field("sent", trips.sent)
                .field("received", trips.received)
                .decimal("averageMillis", trips.average() / 1e6));
        return trips.received > 0 ? 0 : 1;
    }

    private static String millis(long nanos) {
        return millis((double) nanos);
    }

    private static String millis(double nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }

    /** What became of the questions. */
    private static final class RoundTrips {
        int sent;
        int received;
        private long least = Long.MAX_VALUE;
        private long most;
        private double sum;

        void add(long nanos) {
            received++;
            least = Math.min(least, nanos);
            most = Math.max(most, nanos);
            sum += nanos;
        }

        double average() {
            return received == 0 ? 0 : sum / received;
        }

        void print(UserSpace user, String host) throws UserException {
            user.print("--- " + host + " ---");
            user.print(sent + " sent, " + received + " received, " + (100L * (sent - received) / sent) + " % lost");
            if (received > 0) {
                user.print("round trip least/average/most = " + millis(least) + "/" + millis(average()) + "/"
                        + millis(most) + " ms");
            }
        }
    }
}
