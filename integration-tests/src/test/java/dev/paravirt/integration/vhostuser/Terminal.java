// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.SocketEnd;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Who sits before a console. */
public final class Terminal implements AutoCloseable {
    private final SocketChannel socket;
    private final StringBuilder seen = new StringBuilder();

    private Terminal(SocketChannel socket) {
        this.socket = socket;
    }

    /** The end of a console before which somebody can sit. */
    static SocketEnd listen(Path path) throws IOException {
        return SocketEnd.listen(UnixDomainSocketAddress.of(path), Duration.ofSeconds(10));
    }

    public static Terminal connect(Path path) throws IOException {
        return new Terminal(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    }

    public void type(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    /** Waits until something is to be seen after what was waited for before. */
    public void await(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        while (seen.indexOf(text) < 0) {
            assertThat(socket.read(bytes)).as(seen.toString()).isPositive();
            seen.append(new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1));
            bytes.clear();
        }
        seen.delete(0, seen.indexOf(text) + text.length());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
