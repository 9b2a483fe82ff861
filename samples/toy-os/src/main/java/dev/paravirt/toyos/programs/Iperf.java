// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * iperf3 -c HOST [-p PORT] [-t SECONDS] [-R] [-u [-b MBITS]] [-r SECONDS]: measures with a stock iperf3 server. A control connection
 * carries states of one byte and JSON behind its length; data goes over a second connection, or over datagrams.
 */
final class Iperf {
    private static final int DEFAULT_PORT = 5201;
    private static final int TEST_START = 1;
    private static final int TEST_RUNNING = 2;
    private static final int TEST_END = 4;
    private static final int PARAM_EXCHANGE = 9;
    private static final int CREATE_STREAMS = 10;
    private static final int SERVER_TERMINATE = 11;
    private static final int EXCHANGE_RESULTS = 13;
    private static final int DISPLAY_RESULTS = 14;
    private static final int IPERF_DONE = 16;
    private static final int ACCESS_DENIED = 0xFF;
    private static final int SERVER_ERROR = 0xFE;
    private static final int COOKIE = 37;
    private static final String COOKIE_LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int MOST_JSON = 64 << 10;
    private static final int TCP_BLOCK = 128 << 10;
    private static final int CONTROL = 512 << 10;
    private static final long CONNECT_PATIENCE = 10 * Sockets.SECOND;
    private static final long CONTROL_PATIENCE = 30 * Sockets.SECOND;
    private static final long RETRY_INTERVAL = Sockets.SECOND / 4;

    private final UserSpace user;
    private final Sockets sockets;
    private final IperfTest test;
    private final int control;
    private final byte[] cookie = new byte[COOKIE];
    private final IperfStream stream;

    private Iperf(UserSpace user, IperfTest test) throws UserException {
        this.user = user;
        this.test = test;
        sockets = new Sockets(user);
        long seed = user.monotonicNanos();
        for (int i = 0; i < COOKIE - 1; i++) {
            seed = seed * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
            cookie[i] = (byte) COOKIE_LETTERS.charAt((int) (seed >>> 59));
        }
        control = sockets.connect(test.server().address(), test.server().port(), CONNECT_PATIENCE);
        sockets.timeout(control, CONTROL_PATIENCE);
        stream = new IperfStream(user, sockets, test);
    }

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "-R -u", "-c -p -t -b -r");
        options.operands(0, 0);
        if (!options.has("-c")) {
            throw options.misused();
        }
        int address = new Sockets(user).resolve(options.value("-c", "")).getFirst();
        int port = options.number("-p", DEFAULT_PORT, 1, 0xFFFF);
        IperfTest test = new IperfTest(
                new Sockets.Endpoint(address, port),
                options.number("-t", 10, 1, 86_400),
                options.has("-R"),
                options.has("-u"),
                options.number("-b", options.has("-u") ? 1 : 0, 0, 1_000_000) * 1_000_000L);
        long patienceEnd = user.monotonicNanos() + options.number("-r", 0, 0, 86_400) * Sockets.SECOND;
        while (true) {
            try {
                new Iperf(user, test).run();
                return 0;
            } catch (UserException failed) {
                // A server listens anew after each test.
                boolean passing = failed.errno() == Errno.BUSY || failed.errno() == Errno.CONNECTION_REFUSED;
                if (!passing || user.monotonicNanos() > patienceEnd) {
                    throw failed;
                }
            }
            user.sleep(RETRY_INTERVAL);
        }
    }

    private void run() throws UserException {
        try {
            System.arraycopy(cookie, 0, user.memory(), CONTROL, COOKIE);
            user.write(control, CONTROL, COOKIE);
            int state = firstState();
            while (react(state)) {
                state = readState();
            }
        } finally {
            user.close(control);
        }
    }

    /** A server that is busy says so, and hangs up so abruptly that the word may be lost. */
    private int firstState() throws UserException {
        try {
            return readState();
        } catch (UserException failed) {
            if (failed.errno() == Errno.CONNECTION_RESET) {
                return ACCESS_DENIED;
            }
            throw failed;
        }
    }

    /** Does what the server's state calls for; returns whether there is more to come. */
    private boolean react(int state) throws UserException {
        switch (state) {
            case PARAM_EXCHANGE -> writeJson(test.parameters(TCP_BLOCK));
            case CREATE_STREAMS -> stream.open(cookie);
            case TEST_START ->
                user.print("connected to " + test.server() + ", " + (test.udp() ? "UDP" : "TCP")
                        + (test.reverse() ? ", receiving" : ", sending"));
            case TEST_RUNNING -> {
                stream.run(control);
                writeState(TEST_END);
            }
            case EXCHANGE_RESULTS -> {
                writeJson(stream.results());
                show(readJson());
            }
            case DISPLAY_RESULTS -> {
                writeState(IPERF_DONE);
                stream.close();
                return false;
            }
            case ACCESS_DENIED -> throw new UserException("the server is busy with another test", Errno.BUSY);
            case SERVER_TERMINATE -> throw new UserException("the server was stopped", Errno.CONNECTION_RESET);
            case SERVER_ERROR -> throw new UserException("the server reports an error", Errno.IO_ERROR);
            default -> throw new UserException("the server is in the unknown state " + state, Errno.INVALID_ARGUMENT);
        }
        return true;
    }

    private void show(String json) throws UserException {
        double seconds = stream.nanos() / 1e9;
        long there = IperfTest.number(json, "bytes");
        long received = test.reverse() ? stream.bytes() : there;
        long sent = test.reverse() ? there : stream.bytes();
        String line = String.format(
                Locale.ROOT,
                "%s in %s: %s sent, %s received, %.1f Mbit/s",
                test.udp() ? "UDP" : "TCP",
                Texts.seconds(seconds),
                Texts.bytes(sent),
                Texts.bytes(received),
                received * 8 / seconds / 1e6);
        if (test.udp()) {
            long lost = test.reverse() ? stream.lost() : IperfTest.number(json, "errors");
            long packets = test.reverse() ? stream.packets() + lost : IperfTest.number(json, "packets");
            line += ", " + lost + " of " + packets + " datagrams lost";
        }
        user.print(line);
        user.report(Report.event("iperf3")
                .field("udp", test.udp())
                .field("reverse", test.reverse())
                .field("sentBytes", sent)
                .field("receivedBytes", received)
                .decimal("seconds", seconds)
                .decimal("mbPerSecond", received / seconds / 1e6));
    }

    private int readState() throws UserException {
        if (user.read(control, CONTROL, 1) == 0) {
            throw new UserException("the server ended the control connection", Errno.CONNECTION_RESET);
        }
        return user.memory()[CONTROL] & 0xFF;
    }

    private void writeState(int state) throws UserException {
        user.memory()[CONTROL] = (byte) state;
        user.write(control, CONTROL, 1);
    }

    private void writeJson(String json) throws UserException {
        byte[] bytes = json.getBytes(StandardCharsets.US_ASCII);
        IperfTest.putInt(user.memory(), CONTROL, bytes.length);
        System.arraycopy(bytes, 0, user.memory(), CONTROL + Integer.BYTES, bytes.length);
        user.write(control, CONTROL, Integer.BYTES + bytes.length);
    }

    private String readJson() throws UserException {
        readFully(Integer.BYTES);
        int length = IperfTest.getInt(user.memory(), CONTROL);
        if (length < 0 || length > MOST_JSON) {
            throw new UserException("the server sends results of " + length + " bytes", Errno.TOO_LARGE);
        }
        readFully(length);
        return new String(user.memory(), CONTROL, length, StandardCharsets.UTF_8);
    }

    private void readFully(int length) throws UserException {
        for (int done = 0; done < length; ) {
            int count = user.read(control, CONTROL + done, length - done);
            if (count == 0) {
                throw new UserException("the server ended the control connection", Errno.CONNECTION_RESET);
            }
            done += count;
        }
    }
}
