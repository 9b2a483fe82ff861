// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import dev.paravirt.vhostuser.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One connection to a back-end: requests and their replies, each checked before it is believed ("Front-end message
 * types"). After an exception nobody knows what the other side has understood, so the connection has to end. For one
 * thread at a time.
 */
final class BackEndConnection implements AutoCloseable {
    /** What we make use of where it is offered. */
    private static final long WANTED = bit(ProtocolFeatures.MQ)
            | bit(ProtocolFeatures.REPLY_ACK)
            | bit(ProtocolFeatures.BACKEND_REQ)
            | bit(ProtocolFeatures.CONFIG)
            | bit(ProtocolFeatures.INFLIGHT_SHMFD)
            | bit(ProtocolFeatures.RESET_DEVICE)
            | bit(ProtocolFeatures.STATUS);

    private static final ByteBuffer NOTHING = Message.payload(0);
    private static final int REPLY_FLAGS = MessageHeader.VERSION | MessageHeader.REPLY;

    private final MessageChannel channel;
    private final long patienceNanos;
    private final Poll answer;
    private final BackEndRequests requests;
    private long features;
    private long protocol;
    private int queueNumber;

    /**
     * Greets the back-end at the other end and learns what it offers.
     *
     * @param socket is closed with the connection, or when this fails
     * @param closing ends every wait for an answer while it is signalled
     */
    static BackEndConnection open(UnixSocket socket, long patienceNanos, Eventfd closing) throws IOException {
        MessageChannel channel = new MessageChannel(socket);
        UnixSocket.Pair pair;
        try {
            pair = UnixSocket.pair();
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
        Poll answer = new Poll(socket.descriptor(), closing.descriptor());
        BackEndRequests requests = new BackEndRequests(pair.first());
        BackEndConnection connection = new BackEndConnection(channel, requests, patienceNanos, answer);
        try (UnixSocket theirs = pair.second()) {
            connection.greet(theirs.descriptor());
            return connection;
        } catch (IOException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    private BackEndConnection(MessageChannel channel, BackEndRequests requests, long patienceNanos, Poll answer) {
        this.channel = channel;
        this.requests = requests;
        this.patienceNanos = patienceNanos;
        this.answer = answer;
    }

    private void greet(FileDescriptor theirs) throws IOException {
        channel.send(FrontEndRequest.SET_OWNER, 0, NOTHING, List.of());
        features = askLong(FrontEndRequest.GET_FEATURES);
        if ((features & bit(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES)) != 0) {
            long chosen = askLong(FrontEndRequest.GET_PROTOCOL_FEATURES) & WANTED;
            tell(FrontEndRequest.SET_PROTOCOL_FEATURES, Message.payloadOf(chosen));
            protocol = chosen;
        }
        if (has(ProtocolFeatures.MQ)) {
            queueNumber = Math.clamp(askLong(FrontEndRequest.GET_QUEUE_NUM), 0, Payload.VRING_INDEX_MASK + 1);
        }
        if (has(ProtocolFeatures.BACKEND_REQ)) {
            tell(FrontEndRequest.SET_BACKEND_REQ_FD, NOTHING, theirs);
        }
    }

    private static long bit(int feature) {
        return 1L << feature;
    }

    /** Whether both sides have a protocol feature. */
    boolean has(int protocolFeature) {
        return (protocol & bit(protocolFeature)) != 0;
    }

    /** Whether rings are enabled by a message of their own. */
    boolean hasProtocolFeatures() {
        return (features & bit(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES)) != 0;
    }

    /** The features that the back-end offers, the two of vhost among them. */
    long features() {
        return features;
    }

    /** What GET_QUEUE_NUM said, 0 to 256: queues, or pairs of them; 0 if it cannot be asked. */
    int queueNumber() {
        return queueNumber;
    }

    /** Readable when something came that nobody asked for, or at the end of the connection. */
    FileDescriptor socket() {
        return channel.socket().descriptor();
    }

    /** What the back-end asks for. */
    BackEndRequests requests() {
        return requests;
    }

    /** Fails if the back-end is gone, or said something that nobody asked for. */
    void checkAlive() throws IOException {
        if (!channel.socket().awaitReadable(0)) {
            return;
        }
        try (Message message = channel.receive()) {
            throw message == null
                    ? new IOException("the back-end has closed the connection")
                    : new ProtocolException(
                            FrontEndRequest.describe(message.request()) + " as a reply to nothing that was asked");
        }
    }

    /** Sends a request that has no reply of its own, and waits for its success where that can be known. */
    void tell(int request, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        checkAlive();
        boolean acknowledged = has(ProtocolFeatures.REPLY_ACK);
        channel.send(request, acknowledged ? MessageHeader.NEED_REPLY : 0, payload, List.of(descriptors));
        if (acknowledged) {
            try (Message reply = receive(request, Payload.U64_SIZE, Payload.U64_SIZE, 0)) {
                if (reply.getLong(0) != 0) {
                    throw new IOException("the back-end refuses " + FrontEndRequest.describe(request));
                }
            }
        }
    }

    /** Sends a request without payload and returns the reply, which is a u64. */
    long askLong(int request) throws IOException {
        try (Message reply = ask(request, NOTHING, Payload.U64_SIZE, Payload.U64_SIZE)) {
            return reply.getLong(0);
        }
    }

    /** Sends a request and returns the reply, to be closed, which has a size within limits and no descriptors. */
    Message ask(int request, ByteBuffer payload, int leastSize, int mostSize) throws IOException {
        return ask(request, payload, leastSize, mostSize, 0);
    }

    /** As the other one, with some descriptors in the reply at most. */
    Message ask(int request, ByteBuffer payload, int leastSize, int mostSize, int mostDescriptors) throws IOException {
        checkAlive();
        channel.send(request, 0, payload, List.of());
        return receive(request, leastSize, mostSize, mostDescriptors);
    }

    private Message receive(int request, int leastSize, int mostSize, int mostDescriptors) throws IOException {
        String name = FrontEndRequest.describe(request);
        awaitAnswer(name);
        Message reply = channel.receive();
        if (reply == null) {
            throw new IOException("the back-end has closed the connection instead of answering " + name);
        }
        boolean good = reply.request() == request
                && reply.flags() == REPLY_FLAGS
                && reply.size() >= leastSize
                && reply.size() <= mostSize
                && reply.descriptorCount() <= mostDescriptors;
        if (good) {
            return reply;
        }
        try (reply) {
            throw new ProtocolException("the reply to " + name + " is " + FrontEndRequest.describe(reply.request())
                    + " with flags 0x" + Integer.toHexString(reply.flags()) + ", " + reply.size() + " bytes and "
                    + reply.descriptorCount() + " descriptors");
        }
    }

    private void awaitAnswer(String name) throws IOException {
        long start = System.nanoTime();
        int ready = 0;
        long left = patienceNanos;
        while (ready == 0 && left > 0) {
            ready = answer.await(left);
            left = patienceNanos - (System.nanoTime() - start);
        }
        if (ready == 0) {
            throw new IOException(
                    "the back-end has not answered " + name + " within " + patienceNanos / 1_000_000 + " ms");
        }
        if ((ready & Poll.FIRST) == 0) {
            throw new IOException("the device is being closed");
        }
    }

    /** Returns a part of the configuration space. */
    byte[] config(int offset, int length) throws IOException {
        ByteBuffer question = config(offset, new byte[length]);
        int size = question.capacity();
        try (Message reply = ask(FrontEndRequest.GET_CONFIG, question, 0, size)) {
            if (reply.size() != size
                    || reply.getInt(Payload.CONFIG_OFFSET) != offset
                    || reply.getInt(Payload.CONFIG_LENGTH) != length) {
                throw new ProtocolException("the back-end cannot read " + length + " bytes at " + offset
                        + " of its configuration space: it replies with " + reply.size() + " bytes, not " + size);
            }
            return reply.getBytes(Payload.CONFIG_BYTES, length);
        }
    }

    void setConfig(int offset, byte[] bytes) throws IOException {
        tell(FrontEndRequest.SET_CONFIG, config(offset, bytes));
    }

    private static ByteBuffer config(int offset, byte[] bytes) {
        return Message.payload(Payload.CONFIG_BYTES + bytes.length)
                .putInt(Payload.CONFIG_OFFSET, offset)
                .putInt(Payload.CONFIG_LENGTH, bytes.length)
                .putInt(Payload.CONFIG_FLAGS, Payload.CONFIG_WRITABLE)
                .put(Payload.CONFIG_BYTES, bytes);
    }

    /** Stops a ring, and returns once the back-end touches it no more. */
    void stop(int ring) throws IOException {
        int size = Payload.VRING_STATE_SIZE;
        try (Message reply = ask(FrontEndRequest.GET_VRING_BASE, Message.vringState(ring, 0), size, size)) {
            if (reply.getInt(Payload.VRING_INDEX) != ring) {
                throw new ProtocolException("GET_VRING_BASE of ring " + ring + " is answered for ring "
                        + Integer.toUnsignedString(reply.getInt(Payload.VRING_INDEX)));
            }
        }
    }

    @Override
    public void close() {
        channel.close();
        requests.close();
    }
}
