// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import org.jspecify.annotations.Nullable;

/** httpget URL [-o FILE] [-L] [-q] [-r SECONDS] [-W SECONDS]: fetches by HTTP/1.1; the body goes to FILE, or output. */
final class HttpGet {
    private static final int OUTPUT = 1;
    private static final int MOST_REDIRECTIONS = 5;
    private static final int SUCCESS = 200;
    private static final int PATIENCE_SECONDS = 30;
    private static final long CONNECT_PATIENCE = 10 * Sockets.SECOND;
    private static final long RETRY_INTERVAL = Sockets.SECOND / 5;
    private static final long PROGRESS_INTERVAL = 2 * Sockets.SECOND;

    private final UserSpace user;
    private final Sockets sockets;
    private final boolean quiet;
    private final long retryNanos;
    private final long patienceNanos;
    private long started;
    private long nextProgress;
    private long received;

    private HttpGet(UserSpace user, boolean quiet, int retrySeconds, int patienceSeconds) {
        retryNanos = retrySeconds * Sockets.SECOND;
        patienceNanos = patienceSeconds * Sockets.SECOND;
        this.user = user;
        this.quiet = quiet;
        sockets = new Sockets(user);
    }

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Options options = new Options(arguments, "-L -q", "-o -r -W");
        HttpUrl url = HttpUrl.parse(options.operands(1, 1).getFirst());
        HttpGet get = new HttpGet(
                user,
                options.has("-q"),
                options.number("-r", 0, 0, 86_400),
                options.number("-W", PATIENCE_SECONDS, 1, 86_400));
        String file = options.has("-o") ? options.value("-o", "") : null;
        int redirections = options.has("-L") ? MOST_REDIRECTIONS : 0;
        HttpUrl next = get.fetch(url, file);
        while (next != null && redirections > 0) {
            get.note("redirected to " + next);
            redirections--;
            next = get.fetch(next, file);
        }
        if (next != null) {
            throw new UserException(
                    options.has("-L") ? "too many redirections" : "redirected to " + next + " (-L follows)",
                    Errno.INVALID_ARGUMENT);
        }
        return 0;
    }

    /** Returns where it was redirected to, or null if all went well. */
    private @Nullable HttpUrl fetch(HttpUrl url, @Nullable String file) throws UserException {
        started = user.monotonicNanos();
        int address = sockets.resolve(url.host()).getFirst();
        int fd = connect(address, url.port());
        try {
            sockets.timeout(fd, patienceNanos);
            sockets.write(
                    fd,
                    "GET " + url.path() + " HTTP/1.1\r\nHost: " + url.authority()
                            + "\r\nUser-Agent: toyos-httpget\r\nAccept: */*\r\nConnection: close\r\n\r\n");
            HttpInput input = new HttpInput(user, fd, url.toString());
            HttpResponse response = new HttpResponse(input);
            String location = response.location();
            if (location != null) {
                return url.follow(location);
            }
            if (response.status != SUCCESS) {
                throw new UserException(
                        url + ": the server says " + Texts.printable(response.statusLine), Errno.NOT_FOUND);
            }
            save(url, response, input, file);
            return null;
        } finally {
            user.close(fd);
        }
    }

    private int connect(int address, int port) throws UserException {
        while (true) {
            try {
                return sockets.connect(address, port, CONNECT_PATIENCE);
            } catch (UserException failed) {
                if (user.monotonicNanos() - started > retryNanos) {
                    throw failed;
                }
                user.sleep(RETRY_INTERVAL);
            }
        }
    }

    private void save(HttpUrl url, HttpResponse response, HttpInput input, @Nullable String file) throws UserException {
        int target = file == null ? OUTPUT : user.create(file);
        nextProgress = started + PROGRESS_INTERVAL;
        received = 0;
        boolean complete = false;
        try {
            for (int length = response.next(); length > 0; length = response.next()) {
                user.write(target, input.address(), length);
                received += length;
                progress(response.length());
            }
            complete = true;
        } finally {
            if (file != null) {
                user.close(target);
                if (!complete) {
                    user.unlink(file);
                }
            }
        }
        double seconds = Math.max(1, user.monotonicNanos() - started) / 1e9;
        note(Texts.bytes(received) + " in " + Texts.seconds(seconds) + ", " + Texts.rate(received / seconds));
        user.report(Report.event("download")
                .field("url", url.toString())
                .field("bytes", received)
                .decimal("seconds", seconds)
                .decimal("mbPerSecond", received / seconds / 1e6));
    }

    private void progress(long length) throws UserException {
        long now = user.monotonicNanos();
        if (now >= nextProgress) {
            nextProgress = now + PROGRESS_INTERVAL;
            String of = length < 0 ? "" : " of " + Texts.bytes(length);
            note(Texts.bytes(received) + of + ", " + Texts.rate(received / ((now - started) / 1e9)));
        }
    }

    private void note(String line) throws UserException {
        if (!quiet) {
            user.complain("httpget: " + line);
        }
    }
}
