// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.ReceivedMessage;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole messages over a unix socket. A peer can make neither call wait for more than 5 seconds: one that sends half a
 * message, or does not read, ends the connection. One thread may send while another receives.
 */
public final class MessageChannel implements AutoCloseable {
    /** The most descriptors of one message: one for each region of a memory table. */
    public static final int MAX_DESCRIPTORS = Payload.MAX_REGIONS;

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final UnixSocket socket;
    private final long patienceNanos;

    /** @param socket is closed with the channel */
    public MessageChannel(UnixSocket socket) {
        this(socket, PATIENCE);
    }

    /** @param patience how long to wait for a peer in the middle of a message, instead of 5 seconds */
    MessageChannel(UnixSocket socket, Duration patience) {
        this.socket = socket;
        this.patienceNanos = patience.toNanos();
    }

    /** The socket, to wait on. */
    public UnixSocket socket() {
        return socket;
    }

    /**
     * Receives the next message, once the socket is readable; waits for the rest of one that has begun.
     *
     * @return null at the end of the stream: the peer closed, or died
     * @throws ProtocolException if what came is no message; every descriptor that came with it is closed
     * @throws IOException if the socket fails
     */
    public @Nullable Message receive() throws IOException {
        List<FileDescriptor> descriptors = new ArrayList<>();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment header = local.allocate(MessageHeader.SIZE, 4);
            if (!fill(header, descriptors, true)) {
                return null;
            }
            int request = header.get(LE32, MessageHeader.REQUEST);
            int flags = header.get(LE32, MessageHeader.FLAGS);
            int size = header.get(LE32, MessageHeader.PAYLOAD_SIZE);
            if ((flags & MessageHeader.VERSION_MASK) != MessageHeader.VERSION) {
                throw new ProtocolException("a message of version " + (flags & MessageHeader.VERSION_MASK));
            }
            if (size < 0 || size > Payload.MAX_SIZE) {
                throw new ProtocolException("a message of " + Integer.toUnsignedString(size) + " bytes");
            }
            byte[] payload = new byte[size];
            if (size > 0) {
                MemorySegment bytes = local.allocate(size);
                fill(bytes, descriptors, false);
                MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, payload, 0, size);
            }
            Message message = new Message(request, flags, payload, descriptors);
            descriptors = List.of();
            return message;
        } finally {
            descriptors.forEach(FileDescriptor::close);
        }
    }

    /** Returns false at the end of the stream, where that may be. */
    private boolean fill(MemorySegment buffer, List<FileDescriptor> descriptors, boolean mayEnd) throws IOException {
        long start = System.nanoTime();
        long filled = 0;
        while (filled < buffer.byteSize()) {
            int room = MAX_DESCRIPTORS - descriptors.size();
            try (ReceivedMessage piece = socket.receive(buffer.asSlice(filled), room)) {
                if (piece == null) {
                    await(start);
                    continue;
                }
                for (int index = 0; index < piece.descriptorCount(); index++) {
                    descriptors.add(piece.take(index));
                }
                if (piece.isEndOfStream()) {
                    if (mayEnd && filled == 0) {
                        return false;
                    }
                    throw new ProtocolException("the connection ended in the middle of a message");
                }
                filled += piece.length();
            }
        }
        return true;
    }

    private void await(long start) throws IOException {
        long left = patienceNanos - (System.nanoTime() - start);
        if (left <= 0) {
            throw new ProtocolException("half a message, and the rest did not come in time");
        }
        socket.awaitReadable(left);
    }

    /**
     * Sends a message.
     *
     * @param flags other than the version
     * @param payload all of it, whatever its position
     * @param descriptors stay the caller's
     * @throws IOException if the peer is gone, or does not read
     */
    public void send(int request, int flags, ByteBuffer payload, List<FileDescriptor> descriptors) throws IOException {
        try (Arena local = Arena.ofConfined()) {
            int size = payload.capacity();
            MemorySegment message = local.allocate(MessageHeader.SIZE + (long) size, 4);
            message.set(LE32, MessageHeader.REQUEST, request);
            message.set(LE32, MessageHeader.FLAGS, flags | MessageHeader.VERSION);
            message.set(LE32, MessageHeader.PAYLOAD_SIZE, size);
            MemorySegment bytes = MemorySegment.ofBuffer(payload.duplicate().clear());
            MemorySegment.copy(bytes, 0, message, MessageHeader.SIZE, size);
            socket.send(message, descriptors, patienceNanos);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
