// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jctools.queues.MessagePassingQueue;

/**
 * One connection of a {@link StreamBackend}: each frame is preceded by its length, 32 bits, big-endian. For the backend's
 * thread. What the peer sends that is no such stream ends the connection with an {@link IOException} that says why.
 */
final class StreamConnection {
    private static final int LENGTH = 4;
    private static final int BUFFER = 256 << 10;

    /**
     * Bytes of a batch of frames, unless one alone is longer: what a unix socket takes as a whole or not at all. A peer that
     * reads all there is then finds whole frames: passt before 2024 is lost if only a part of a length is there.
     */
    private static final int BATCH_BYTES = 32 << 10;

    private static final int BATCHES = 16;

    private final SelectionKey key;
    private final SocketChannel channel;
    private final Inlet inlet;
    private final WireTally tally;
    private final ByteBuffer input = ByteBuffer.allocateDirect(BUFFER);
    private final ByteBuffer output =
            ByteBuffer.allocateDirect(LENGTH + FrameBytes.LONGEST).limit(0);

    /** @param key of a connected, non-blocking channel */
    StreamConnection(SelectionKey key, Inlet inlet, WireTally tally) {
        this.key = key;
        this.channel = (SocketChannel) key.channel();
        this.inlet = inlet;
        this.tally = tally;
    }

    /** Whether the peer has not taken yet what it was sent; further frames are not looked at until it has. */
    boolean isBusy() {
        return output.hasRemaining();
    }

    /**
     * Takes what has come, and sends as many frames as the peer takes now.
     *
     * @return whether a frame has come
     */
    boolean exchange(MessagePassingQueue<ByteBuf> frames) throws IOException {
        boolean received = receive();
        send(frames);
        int wanted = SelectionKey.OP_READ | (isBusy() ? SelectionKey.OP_WRITE : 0);
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
        return received;
    }

    private boolean receive() throws IOException {
        int length = channel.read(input);
        if (length < 0) {
            throw new EOFException(
                    input.position() == 0
                            ? "the peer ended the connection"
                            : "the peer ended the connection within a frame");
        }
        input.flip();
        boolean received = false;
        while (input.remaining() >= LENGTH) {
            int frame = input.getInt(input.position());
            if (frame < 0 || frame > FrameBytes.LONGEST) {
                tally.malformed.increment();
                throw new ProtocolException("the peer announced a frame of " + Integer.toUnsignedString(frame)
                        + " bytes, more than the " + FrameBytes.LONGEST + " that there can be");
            }
            if (input.remaining() < LENGTH + frame) {
                break;
            }
            int end = input.limit();
            input.position(input.position() + LENGTH).limit(input.position() + frame);
            received |= inlet.deliver(input);
            input.position(input.limit()).limit(end);
        }
        input.compact();
        return received;
    }

    private void send(MessagePassingQueue<ByteBuf> frames) throws IOException {
        for (int batch = 0; batch < BATCHES; batch++) {
            if (!isBusy()) {
                fill(frames);
            }
            if (!isBusy()) {
                return;
            }
            channel.write(output);
            if (isBusy()) {
                return;
            }
        }
    }

    private void fill(MessagePassingQueue<ByteBuf> frames) {
        output.clear();
        int count = 0;
        ByteBuf next = frames.relaxedPeek();
        while (next != null && (count == 0 || output.position() + LENGTH + next.readableBytes() <= BATCH_BYTES)) {
            frames.relaxedPoll();
            output.putInt(next.readableBytes()).put(FrameBytes.view(next));
            next.release();
            count++;
            next = frames.relaxedPeek();
        }
        tally.sent.add(count);
        output.flip();
    }

    /** Ends it; what the peer has not taken is lost and counted. */
    void close() {
        int lost = 0;
        int start = 0;
        while (output.hasRemaining() && start < output.limit()) {
            int end = start + LENGTH + output.getInt(start);
            lost += end > output.position() ? 1 : 0;
            start = end;
        }
        tally.sent.add(-lost);
        tally.dropped.add(lost);
        Closing.quietly(channel);
    }
}
