// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.ReceivedMessage;
import dev.paravirt.linux.UnixSocket;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process of its own that signals one eventfd for each signal of another, until its maker is gone. */
public final class EventfdEcho {
    private static final int PING = 0;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private EventfdEcho() {}

    public static void main(String[] arguments) throws IOException {
        try (UnixSocket socket = UnixSocket.connect(Path.of(arguments[0]));
                Arena arena = Arena.ofConfined()) {
            if (!socket.awaitReadable(PATIENCE_NANOS)) {
                return;
            }
            try (ReceivedMessage message = socket.receive(arena.allocate(8), 2)) {
                if (message != null && message.descriptorCount() == 2) {
                    echo(socket, Eventfd.adopt(message.take(0)), Eventfd.adopt(message.take(1)));
                }
            }
        }
    }

    private static void echo(UnixSocket socket, Eventfd ping, Eventfd pong) throws IOException {
        // Edge-triggered: one system call to wait and one to answer, the fewest there can be.
        try (ping;
                pong;
                Epoll epoll = Epoll.create(2)) {
            epoll.addEdgeTriggered(ping.descriptor(), PING);
            epoll.add(socket.descriptor(), PING + 1);
            while (true) {
                int ready = epoll.await(-1);
                for (int result = 0; result < ready; result++) {
                    if (epoll.token(result) != PING) {
                        return;
                    }
                }
                if (ready > 0) {
                    pong.signal();
                }
            }
        }
    }
}
