// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A back-end that answers as a block device's would, and never looks into a ring; but one request it answers as the test
 * says. Serves one front-end after the other.
 */
final class ScriptedBackEnd implements AutoCloseable {
    /** An answer as it goes out. */
    record Reply(int request, int flags, ByteBuffer payload, int descriptors) {}

    /** What is done to one answer. */
    interface Lie {
        /** Returns what is sent instead, or null to close the connection. */
        @Nullable
        Reply tell(Reply truth);
    }

    static final long PROTOCOL = 1L << ProtocolFeatures.MQ
            | 1L << ProtocolFeatures.REPLY_ACK
            | 1L << ProtocolFeatures.BACKEND_REQ
            | 1L << ProtocolFeatures.CONFIG
            | 1L << ProtocolFeatures.INFLIGHT_SHMFD
            | 1L << ProtocolFeatures.STATUS;

    private static final int SILENT = -1;
    private static final int CAPACITY = 2048;
    private static final int INFLIGHT_BYTES = 1 << 16;

    private final UnixListener listener;
    private final Eventfd stop;
    private final Memfd spare;
    private final int liar;
    private final Lie lie;
    private final Thread thread;
    private final AtomicInteger told = new AtomicInteger();
    private final AtomicInteger sessions = new AtomicInteger();
    private int status;

    /** One that reads and never answers. */
    static ScriptedBackEnd silent(Path socket) throws IOException {
        return new ScriptedBackEnd(socket, SILENT, truth -> truth);
    }

    /** @param liar the request whose answer is not what it should be */
    ScriptedBackEnd(Path socket, int liar, Lie lie) throws IOException {
        this.liar = liar;
        this.lie = lie;
        listener = UnixListener.listen(socket);
        stop = Eventfd.create();
        spare = Memfd.create("inflight", INFLIGHT_BYTES);
        thread = Thread.ofPlatform().start(this::serveAll);
    }

    /** How many lies were told. */
    int told() {
        return told.get();
    }

    int sessions() {
        return sessions.get();
    }

    private void serveAll() {
        Poll next = new Poll(listener.descriptor(), stop.descriptor());
        try {
            while ((next.await(-1) & Poll.SECOND) == 0) {
                UnixSocket socket = listener.accept();
                if (socket != null) {
                    sessions.incrementAndGet();
                    serve(socket);
                }
            }
        } catch (LinuxException failure) {
            throw new AssertionError(failure);
        }
    }

    private void serve(UnixSocket socket) {
        Poll poll = new Poll(socket.descriptor(), stop.descriptor());
        try (MessageChannel channel = new MessageChannel(socket)) {
            while ((poll.await(-1) & Poll.SECOND) == 0) {
                try (Message message = channel.receive()) {
                    if (message == null || !answer(channel, message)) {
                        return;
                    }
                }
            }
        } catch (IOException frontEndIsGone) {
            // The next one comes.
        }
    }

    private boolean answer(MessageChannel channel, Message message) throws IOException {
        Reply reply = truth(message);
        if (reply == null || liar == SILENT) {
            return true;
        }
        if (message.request() == liar) {
            told.incrementAndGet();
            reply = lie.tell(reply);
        }
        if (reply == null) {
            return false;
        }
        List<FileDescriptor> descriptors = Collections.nCopies(reply.descriptors(), spare.descriptor());
        channel.send(reply.request(), reply.flags(), reply.payload(), descriptors);
        return true;
    }

    private @Nullable Reply truth(Message message) {
        ByteBuffer payload = switch (message.request()) {
            case FrontEndRequest.GET_FEATURES ->
                Message.payloadOf(1L << Features.VERSION_1 | 1L << ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES);
            case FrontEndRequest.GET_PROTOCOL_FEATURES -> Message.payloadOf(PROTOCOL);
            case FrontEndRequest.GET_QUEUE_NUM -> Message.payloadOf(1);
            case FrontEndRequest.GET_STATUS -> Message.payloadOf(status);
            case FrontEndRequest.GET_VRING_BASE -> Message.vringState(message.getInt(0), 0);
            case FrontEndRequest.GET_CONFIG ->
                Message.payload(message.size())
                        .put(0, message.getBytes(0, message.size()))
                        .putLong(Payload.CONFIG_BYTES, CAPACITY);
            case FrontEndRequest.GET_INFLIGHT_FD ->
                Message.payload(message.size())
                        .put(0, message.getBytes(0, message.size()))
                        .putLong(Payload.INFLIGHT_MMAP_SIZE, INFLIGHT_BYTES);
            case FrontEndRequest.SET_STATUS -> {
                status = (int) message.getLong(0);
                yield Message.payloadOf(0);
            }
            default -> message.needsReply() ? Message.payloadOf(0) : null;
        };
        boolean silent = message.request() == FrontEndRequest.SET_STATUS && !message.needsReply();
        return payload == null || silent
                ? null
                : new Reply(
                        message.request(),
                        MessageHeader.REPLY,
                        payload,
                        message.request() == FrontEndRequest.GET_INFLIGHT_FD ? 1 : 0);
    }

    @Override
    public void close() {
        try {
            stop.signal();
            thread.join();
        } catch (LinuxException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
        listener.close();
        stop.close();
        spare.close();
    }
}
