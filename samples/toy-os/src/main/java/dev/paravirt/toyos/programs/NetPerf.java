// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.List;

/**
 * netperf -s [PORT]: takes whatever is sent to PORT, by TCP or UDP, and sends zeroes to who connects to the next port.
 * netperf HOST [PORT] [-R] [-u] [-t SECONDS]: sends to such a server, or with -R receives from it, and says how fast. The
 * server may be any program that does the same, such as {@code nc -l PORT > /dev/null}.
 */
final class NetPerf {
    private static final int DEFAULT_PORT = 5001;
    private static final int DATAGRAM = 1400;
    private static final long CONNECT_PATIENCE = 10 * Sockets.SECOND;
    private static final int END_MARK = 4;
    private static final int END_TRIES = 10;
    private static final long END_PATIENCE = Sockets.SECOND / 2;

    private final UserSpace user;
    private final Sockets sockets;
    private long bytes;
    private long started;

    private NetPerf(UserSpace user) {
        this.user = user;
        sockets = new Sockets(user);
    }

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "-s -R -u", "-t -n");
        boolean server = options.has("-s");
        List<String> operands = options.operands(server ? 0 : 1, server ? 1 : 2);
        int portAt = server ? 0 : 1;
        int port = operands.size() > portAt ? options.number(operands.get(portAt), 1, 0xFFFE) : DEFAULT_PORT;
        NetPerf perf = new NetPerf(user);
        if (server) {
            return new NetPerfServer(user).serve(port, options.number("-n", Integer.MAX_VALUE, 1, Integer.MAX_VALUE));
        }
        long nanos = options.number("-t", 5, 1, 86_400) * Sockets.SECOND;
        int address = perf.sockets.resolve(operands.getFirst()).getFirst();
        if (options.has("-u")) {
            perf.sendDatagrams(new Sockets.Endpoint(address, port), nanos);
        } else if (options.has("-R")) {
            perf.receive(perf.sockets.connect(address, port + 1, CONNECT_PATIENCE), nanos);
        } else {
            perf.send(perf.sockets.connect(address, port, CONNECT_PATIENCE), nanos);
        }
        return 0;
    }

    private void send(int fd, long nanos) throws UserException {
        started = user.monotonicNanos();
        while (user.monotonicNanos() - started < nanos) {
            user.write(fd, UserSpace.BUFFER_SIZE);
            bytes += UserSpace.BUFFER_SIZE;
        }
        // The end has arrived when the peer has seen it, and ends too.
        sockets.shutDown(fd);
        sockets.timeout(fd, CONNECT_PATIENCE);
        while (user.read(fd) > 0) {
            // Whatever it has to say does not matter.
        }
        user.close(fd);
        result("TCP send");
    }

    private void receive(int fd, long nanos) throws UserException {
        started = user.monotonicNanos();
        int count = 1;
        while (count > 0 && user.monotonicNanos() - started < nanos) {
            count = user.read(fd);
            bytes += count;
        }
        user.close(fd);
        result("TCP receive");
    }

    private void sendDatagrams(Sockets.Endpoint to, long nanos) throws UserException {
        int fd = sockets.bind(0);
        started = user.monotonicNanos();
        long sent = 0;
        while (user.monotonicNanos() - started < nanos) {
            sockets.send(fd, to, UserSpace.BUFFER, DATAGRAM);
            sent++;
        }
        double seconds = (user.monotonicNanos() - started) / 1e9;
        long arrived = askHowMany(fd, to);
        user.close(fd);
        bytes = arrived * DATAGRAM;
        user.print("UDP send: " + sent + " datagrams of " + DATAGRAM + " bytes, "
                + (arrived < 0 ? "the peer does not say how many arrived" : arrived + " arrived") + ", "
                + Texts.rate(Math.max(0, bytes) / seconds));
        user.report(Report.event("netperf")
                .field("test", "UDP send")
                .field("sent", sent)
                .field("received", arrived)
                .decimal("mbPerSecond", Math.max(0, bytes) / seconds / 1e6));
    }

    /** A short datagram asks how many long ones there were; -1 if there is no answer. */
    private long askHowMany(int fd, Sockets.Endpoint to) throws UserException {
        sockets.timeout(fd, END_PATIENCE);
        for (int i = 0; i < END_TRIES; i++) {
            sockets.send(fd, to, UserSpace.BUFFER, END_MARK);
            try {
                Sockets.Received answer = sockets.receive(fd, UserSpace.BUFFER, Long.BYTES);
                if (answer.length() == Long.BYTES) {
                    return user.getLong(UserSpace.BUFFER);
                }
            } catch (UserException late) {
                if (late.errno() != Errno.TIMED_OUT) {
                    throw late;
                }
            }
        }
        return -1;
    }

    private void result(String test) throws UserException {
        double seconds = Math.max(1, user.monotonicNanos() - started) / 1e9;
        user.print(test + ": " + Texts.bytes(bytes) + " in " + Texts.seconds(seconds) + ", "
                + Texts.rate(bytes / seconds));
        user.report(Report.event("netperf")
                .field("test", test)
                .field("bytes", bytes)
                .decimal("seconds", seconds)
                .decimal("mbPerSecond", bytes / seconds / 1e6));
    }
}
