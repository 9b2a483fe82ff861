// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long a signal takes to another process and back, both sleeping in the kernel until they are woken: what each
 * request would cost if nobody spun or batched. The yardstick for the latency of the virtqueues.
 *
 * @param p50Micros the median
 */
record EventfdRoundTrip(double p50Micros, double p99Micros, int rounds) {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int PATIENCE_MILLIS = 10_000;

    static EventfdRoundTrip measure(WorkFolder folder, int rounds) throws IOException {
        Path path = folder.path().resolve("eventfd-echo");
        try (UnixListener listener = UnixListener.listen(path)) {
            List<String> command = JavaCommand.of("dev.paravirt.cli", EventfdEcho.class.getName(), path.toString());
            Process echo = folder.start(
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.DISCARD));
            try (UnixSocket socket = accept(listener);
                    Eventfd ping = Eventfd.create();
                    Eventfd pong = Eventfd.create();
                    Arena arena = Arena.ofConfined()) {
                socket.send(arena.allocate(8), List.of(ping.descriptor(), pong.descriptor()), PATIENCE_NANOS);
                return measure(ping, pong, rounds);
            } finally {
                echo.destroyForcibly();
            }
        }
    }

    private static UnixSocket accept(UnixListener listener) throws IOException {
        UnixSocket socket = listener.await(PATIENCE_NANOS) ? listener.accept() : null;
        if (socket == null) {
            throw new IOException("the process that echoes eventfds did not start");
        }
        return socket;
    }

    private static EventfdRoundTrip measure(Eventfd ping, Eventfd pong, int rounds) throws IOException {
        Histogram nanos = new Histogram(3);
        try (Epoll epoll = Epoll.create(1)) {
            epoll.addEdgeTriggered(pong.descriptor(), 0);
            int warmUp = rounds / 4;
            for (int round = -warmUp; round < rounds; round++) {
                long start = System.nanoTime();
                ping.signal();
                if (epoll.await(PATIENCE_MILLIS) == 0) {
                    throw new IOException("the process that echoes eventfds does not answer");
                }
                if (round >= 0) {
                    nanos.recordValue(System.nanoTime() - start);
                }
            }
        }
        return new EventfdRoundTrip(nanos.getValueAtPercentile(50) / 1e3, nanos.getValueAtPercentile(99) / 1e3, rounds);
    }
}
