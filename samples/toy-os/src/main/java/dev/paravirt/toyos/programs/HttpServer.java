// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * httpd DIRECTORY [PORT] [-n REQUESTS] [-q]: serves files by HTTP/1.1 to many clients at once, and with -n ends when it
 * has answered so many requests.
 */
final class HttpServer {
    private static final int DEFAULT_PORT = 80;
    private static final int BACKLOG = 64;
    private static final int MOST_CONNECTIONS = 100;
    private static final long IDLE_NANOS = 30 * Sockets.SECOND;
    private static final long LOOK_AROUND_NANOS = 5 * Sockets.SECOND;

    private final UserSpace user;
    private final Sockets sockets;
    private final HttpFiles files;
    private final int listener;
    private final boolean quiet;
    private final List<HttpExchange> exchanges = new ArrayList<>();
    private final int[] descriptors = new int[MOST_CONNECTIONS + 1];
    private final int[] ready = new int[MOST_CONNECTIONS + 1];
    private long answered;

    private HttpServer(UserSpace user, String root, int port, boolean quiet) throws UserException {
        this.user = user;
        this.quiet = quiet;
        sockets = new Sockets(user);
        if (!user.stat(root).directory()) {
            throw new UserException(root + ": not a directory", Errno.NOT_A_DIRECTORY);
        }
        files = new HttpFiles(user, root);
        listener = sockets.listen(port, BACKLOG);
        sockets.timeout(listener, 0);
    }

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "-q", "-n");
        List<String> operands = options.operands(1, 2);
        int port = operands.size() > 1 ? options.number(operands.get(1), 1, 0xFFFF) : DEFAULT_PORT;
        int requests = options.number("-n", Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
        HttpServer server = new HttpServer(user, operands.getFirst(), port, options.has("-q"));
        server.note("serving " + operands.getFirst() + " on port " + port);
        server.serve(requests);
        return 0;
    }

    private void note(String line) throws UserException {
        if (!quiet) {
            user.print("httpd: " + line);
        }
    }

    private void serve(int requests) throws UserException {
        while (answered < requests || !exchanges.isEmpty()) {
            boolean accepting = answered < requests && exchanges.size() < MOST_CONNECTIONS;
            int count = 0;
            for (HttpExchange exchange : exchanges) {
                descriptors[count] = exchange.fd;
                ready[count++] = exchange.wants();
            }
            if (accepting) {
                descriptors[count] = listener;
                ready[count++] = Layout.POLL_READABLE;
            }
            sockets.poll(descriptors, ready, count, LOOK_AROUND_NANOS);
            long now = user.monotonicNanos();
            advance(now, answered + 1 >= requests);
            if (accepting && ready[count - 1] != 0) {
                accept(now);
            }
        }
        user.close(listener);
    }

    private void accept(long now) throws UserException {
        try {
            Sockets.Accepted accepted = sockets.accept(listener);
            sockets.timeout(accepted.fd(), 0);
            exchanges.add(new HttpExchange(user, sockets, files, accepted, now));
        } catch (UserException gone) {
            if (gone.errno() != Errno.NOT_YET) {
                throw gone;
            }
        }
    }

    /** Goes on with those that are ready, and gives up those that are not for too long. */
    private void advance(long now, boolean lastRequest) throws UserException {
        Iterator<HttpExchange> each = exchanges.iterator();
        for (int i = 0; each.hasNext(); i++) {
            HttpExchange exchange = each.next();
            if (ready[i] != 0) {
                proceed(exchange, now, lastRequest);
            } else if (now - exchange.lastProgress > IDLE_NANOS) {
                exchange.end();
            }
            if (exchange.ended) {
                each.remove();
            }
        }
    }

    private void proceed(HttpExchange exchange, long now, boolean lastRequest) throws UserException {
        exchange.lastProgress = now;
        try {
            exchange.proceed(lastRequest);
        } catch (UserException gone) {
            // What happens to one client is no matter of the others.
            exchange.end();
        }
        String logged = exchange.takeLogged();
        if (logged != null) {
            answered++;
            note(logged);
        }
    }
}
