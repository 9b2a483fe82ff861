// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.MovableState;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Errno;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.vhostuser.BackEndRequest;
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
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: requests of a front-end, one after the other, until it leaves or breaks the rules. For one thread. */
final class FrontEndSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FrontEndSession.class);
    private static final long VHOST_FEATURES =
            1L << ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES | 1L << ProtocolFeatures.VHOST_F_LOG_ALL;
    private static final int STATUS_BITS = 0xff;
    private static final long SOCKET = 0;
    private static final long WAKE = 1;
    private static final ByteBuffer EMPTY = Message.payload(0);

    private final MessageChannel channel;
    private final DeviceSession device;
    private final MemoryRequests memory;
    private final @Nullable NetworkRequests network;
    private final @Nullable DeviceStateRequests state;
    private final VringNotifier notifier;
    private final Vrings rings;
    private final long offeredProtocol;
    private long protocol;
    private int status;
    private @Nullable MessageChannel backEnd;

    /**
     * @param channel is closed with the session
     * @param network the device, if that is what it is
     */
    FrontEndSession(
            MessageChannel channel,
            DeviceSession device,
            @Nullable NetDevice network,
            VringNotifier notifier,
            boolean inBand) {
        this.channel = channel;
        this.device = device;
        this.notifier = notifier;
        MovableState state = MovableState.of(device);
        this.rings = new Vrings(device, state, notifier);
        this.memory = new MemoryRequests(rings);
        this.state = state == null ? null : new DeviceStateRequests(channel, state, rings);
        this.network = network == null ? null : new NetworkRequests(network);
        this.offeredProtocol = offeredProtocol(inBand)
                | (network == null ? 0 : NetworkRequests.FEATURES)
                | (state == null ? 0 : DeviceStateRequests.FEATURES);
    }

    /**
     * With GET_VRING_BASE_INFLIGHT a back-end may stop a ring before it is done with what is in flight. Ours never leaves
     * anything there, with the feature and without: a request that the kernel is at work on cannot be called back, so that
     * what stops is to wait for it in either case. It is offered for the other end of a migration: a front-end may then
     * bring inflight memory along in which another back-end has left requests, and these are submitted again.
     */
    private static long offeredProtocol(boolean inBand) {
        return 1L << ProtocolFeatures.MQ
                | 1L << ProtocolFeatures.LOG_SHMFD
                | 1L << ProtocolFeatures.REPLY_ACK
                | 1L << ProtocolFeatures.BACKEND_REQ
                | 1L << ProtocolFeatures.CONFIG
                | 1L << ProtocolFeatures.INFLIGHT_SHMFD
                | 1L << ProtocolFeatures.GET_VRING_BASE_INFLIGHT
                | 1L << ProtocolFeatures.RESET_DEVICE
                | (inBand ? 1L : 0) << ProtocolFeatures.INBAND_NOTIFICATIONS
                | 1L << ProtocolFeatures.CONFIGURE_MEM_SLOTS
                | 1L << ProtocolFeatures.STATUS;
    }

    private boolean has(int protocolFeature) {
        return (protocol >>> protocolFeature & 1) != 0;
    }

    /**
     * Serves the front-end.
     *
     * @param stopping whether the session is to end; looked at whenever the notifier is woken
     * @throws IOException with the reason, if the session ended other than by the front-end's leave
     */
    void serve(BooleanSupplier stopping) throws IOException {
        try (Epoll epoll = Epoll.create(2)) {
            epoll.add(channel.socket().descriptor(), SOCKET);
            epoll.add(notifier.wake().descriptor(), WAKE);
            boolean present = true;
            while (present && !stopping.getAsBoolean()) {
                int ready = epoll.await(-1);
                for (int result = 0; result < ready && present; result++) {
                    if (epoll.token(result) == WAKE) {
                        notifier.wake().drain();
                    } else {
                        present = receive();
                    }
                    if (present) {
                        sendNotifications();
                    }
                }
            }
        }
    }

    /** Returns whether the front-end is still there. */
    private boolean receive() throws IOException {
        try (Message message = receiveIfThere()) {
            if (message == null) {
                return false;
            }
            MessageRules.check(message, protocol);
            LOG.trace("{}", FrontEndRequest.describe(message.request()));
            if (message.request() == FrontEndRequest.GET_INFLIGHT_FD) {
                sendInflight(message);
            } else if (message.request() == FrontEndRequest.SET_DEVICE_STATE_FD && state != null) {
                state.begin(message);
            } else {
                reply(message);
            }
            return true;
        }
    }

    private void reply(Message message) throws IOException {
        ByteBuffer reply = answer(message);
        if (reply != null) {
            channel.send(message.request(), MessageHeader.REPLY, reply, List.of());
        }
    }

    /** One that was killed, or did not read our last words, has left like any other. */
    private @Nullable Message receiveIfThere() throws IOException {
        try {
            return channel.receive();
        } catch (LinuxException failure) {
            if (failure.errno() == Errno.ECONNRESET) {
                return null;
            }
            throw failure;
        }
    }

    private @Nullable ByteBuffer answer(Message message) throws IOException {
        try {
            ByteBuffer reply = handle(message);
            return reply == null && message.needsReply() ? Message.payloadOf(0) : reply;
        } catch (RefusedException refused) {
            if (!message.needsReply()) {
                throw refused;
            }
            LOG.warn(
                    "{} of a front-end is refused: {}",
                    FrontEndRequest.describe(message.request()),
                    refused.getMessage());
            return Message.payloadOf(1);
        }
    }

    /** Returns the reply of its own that the request has, or null. */
    private @Nullable ByteBuffer handle(Message message) throws IOException {
        return switch (message.request()) {
            case FrontEndRequest.GET_FEATURES ->
                Message.payloadOf(device.deviceFeatures().low() | VHOST_FEATURES);
            case FrontEndRequest.GET_PROTOCOL_FEATURES -> Message.payloadOf(offeredProtocol);
            case FrontEndRequest.GET_QUEUE_NUM -> Message.payloadOf(queueNumber());
            case FrontEndRequest.GET_MAX_MEM_SLOTS -> Message.payloadOf(MemoryRequests.MAX_SLOTS);
            case FrontEndRequest.GET_STATUS -> Message.payloadOf(deviceStatus());
            case FrontEndRequest.CHECK_DEVICE_STATE ->
                Message.payloadOf(requireNonNull(state).check());
            case FrontEndRequest.GET_CONFIG -> ConfigurationRequests.read(device, message);
            case FrontEndRequest.GET_VRING_BASE -> {
                int index = message.getInt(Payload.VRING_INDEX);
                yield Message.vringState(index, rings.stop(index));
            }
            case FrontEndRequest.SET_LOG_BASE -> {
                rings.log(MappedLog.map(
                        message.getLong(Payload.LOG_LENGTH), message.getLong(Payload.LOG_OFFSET), message.take(0)));
                yield Message.payloadOf(0);
            }
            default -> {
                change(message);
                yield null;
            }
        };
    }

    /** A network device has a control queue, and counts pairs of the others. */
    private int queueNumber() {
        return device.deviceType() == DeviceType.NETWORK ? Math.max(1, rings.count() / 2) : rings.count();
    }

    private void change(Message message) throws IOException {
        switch (message.request()) {
            // The log is looked at without our signal, and who owns the connection is no question here.
            case FrontEndRequest.SET_OWNER, FrontEndRequest.SET_LOG_FD -> {}
            case FrontEndRequest.SET_FEATURES -> setFeatures(message.getLong(0));
            case FrontEndRequest.SET_PROTOCOL_FEATURES -> setProtocolFeatures(message.getLong(0));
            case FrontEndRequest.RESET_OWNER, FrontEndRequest.RESET_DEVICE -> reset();
            case FrontEndRequest.SET_STATUS -> setStatus(message.getLong(0));
            case FrontEndRequest.SET_CONFIG -> ConfigurationRequests.write(device, message);
            case FrontEndRequest.SET_BACKEND_REQ_FD -> setBackEnd(message.take(0));
            case FrontEndRequest.SET_MEM_TABLE -> memory.setTable(message);
            case FrontEndRequest.SET_INFLIGHT_FD -> setInflight(message);
            case FrontEndRequest.ADD_MEM_REG -> memory.add(message);
            case FrontEndRequest.REM_MEM_REG -> memory.remove(message);
            default -> changeRingOrNetwork(message);
        }
    }

    private void changeRingOrNetwork(Message message) throws IOException {
        NetworkRequests known = network;
        // A driver that is to announce itself reads so in the configuration, if the front-end does not keep that.
        boolean driverCanBeTold = has(ProtocolFeatures.CONFIG) && backEnd != null;
        if (known == null || !known.handle(message, driverCanBeTold)) {
            changeRing(message);
        }
    }

    private void changeRing(Message message) throws IOException {
        int index = message.getInt(Payload.VRING_INDEX);
        int number = message.getInt(Payload.VRING_NUM);
        switch (message.request()) {
            case FrontEndRequest.SET_VRING_NUM -> rings.size(index, number);
            case FrontEndRequest.SET_VRING_BASE -> rings.base(index, number);
            case FrontEndRequest.VRING_KICK -> rings.kick(index);
            case FrontEndRequest.SET_VRING_ADDR ->
                rings.addresses(
                        index,
                        message.getLong(Payload.ADDRESS_DESCRIPTOR),
                        message.getLong(Payload.ADDRESS_AVAILABLE),
                        message.getLong(Payload.ADDRESS_USED));
            case FrontEndRequest.SET_VRING_ENABLE -> {
                if (number < 0 || number > 1) {
                    throw new ProtocolException("SET_VRING_ENABLE of " + Integer.toUnsignedString(number));
                }
                rings.enable(index, number == 1);
            }
            default -> setDoorbell(message);
        }
    }

    private void setDoorbell(Message message) throws IOException {
        long value = message.getLong(0);
        int index = (int) value & Payload.VRING_INDEX_MASK;
        boolean absent = (value & Payload.VRING_NO_DESCRIPTOR) != 0;
        if (absent == (message.descriptorCount() != 0)
                || (value & ~(Payload.VRING_INDEX_MASK | Payload.VRING_NO_DESCRIPTOR)) != 0) {
            throw new ProtocolException(FrontEndRequest.describe(message.request()) + " of 0x" + Long.toHexString(value)
                    + " with " + message.descriptorCount() + " descriptors");
        }
        FileDescriptor descriptor = absent ? null : message.take(0);
        switch (message.request()) {
            case FrontEndRequest.SET_VRING_KICK ->
                rings.start(index, descriptor, absent && !has(ProtocolFeatures.INBAND_NOTIFICATIONS));
            case FrontEndRequest.SET_VRING_CALL -> rings.call(index, descriptor);
            case FrontEndRequest.SET_VRING_ERR -> rings.error(index, descriptor);
            default -> throw new IllegalStateException("a request without a handler: " + message.request());
        }
    }

    // Features and status.

    private void setFeatures(long features) throws IOException {
        if ((features & ~(device.deviceFeatures().low() | VHOST_FEATURES)) != 0) {
            throw new RefusedException("features that are not offered: 0x" + Long.toHexString(features));
        }
        rings.features(
                FeatureBits.ofLongs(features & ~VHOST_FEATURES, 0),
                (features >>> ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES & 1) == 0,
                (features >>> ProtocolFeatures.VHOST_F_LOG_ALL & 1) != 0);
    }

    private void setProtocolFeatures(long features) throws ProtocolException {
        long channel = 1L << ProtocolFeatures.BACKEND_REQ | 1L << ProtocolFeatures.REPLY_ACK;
        if ((features & ~offeredProtocol) != 0
                || lacks(features, ProtocolFeatures.INBAND_NOTIFICATIONS, channel)
                || lacks(features, ProtocolFeatures.GET_VRING_BASE_INFLIGHT, 1L << ProtocolFeatures.INFLIGHT_SHMFD)) {
            throw new ProtocolException("SET_PROTOCOL_FEATURES of 0x" + Long.toHexString(features));
        }
        protocol = features;
        notifier.inBand(has(ProtocolFeatures.INBAND_NOTIFICATIONS));
    }

    /** Whether there is a feature without the others that it needs. */
    private static boolean lacks(long features, int feature, long needed) {
        return (features >>> feature & 1) != 0 && (features & needed) != needed;
    }

    private void reset() {
        status = DeviceStatus.RESET;
        rings.reset();
    }

    /** The driver's status is the front-end's to keep; we add what the device says. */
    private void setStatus(long value) throws ProtocolException {
        if ((value & ~STATUS_BITS) != 0) {
            throw new ProtocolException("SET_STATUS of 0x" + Long.toHexString(value));
        }
        if (value == DeviceStatus.RESET) {
            reset();
        }
        status = (int) value;
    }

    private int deviceStatus() {
        return status | device.status() & DeviceStatus.DEVICE_NEEDS_RESET;
    }

    // What is in flight.

    private MappedInflight.Shape inflightShape(Message message) throws RefusedException {
        MappedInflight.Shape shape = new MappedInflight.Shape(
                message.getShort(Payload.INFLIGHT_QUEUES), message.getShort(Payload.INFLIGHT_QUEUE_SIZE));
        shape.check(rings.count());
        return shape;
    }

    /** The only reply with a descriptor. What the front-end says of size and offset means nothing. */
    private void sendInflight(Message message) throws IOException {
        MappedInflight.Shape shape = inflightShape(message);
        ByteBuffer reply = Message.payload(message.size())
                .putLong(Payload.INFLIGHT_MMAP_SIZE, shape.size())
                .putShort(Payload.INFLIGHT_QUEUES, (short) shape.queues())
                .putShort(Payload.INFLIGHT_QUEUE_SIZE, (short) shape.descriptors());
        try (Memfd memory = MappedInflight.create(shape)) {
            channel.send(message.request(), MessageHeader.REPLY, reply, List.of(memory.descriptor()));
        }
    }

    private void setInflight(Message message) throws IOException {
        rings.inflight(MappedInflight.map(
                message.getLong(Payload.INFLIGHT_MMAP_SIZE),
                message.getLong(Payload.INFLIGHT_MMAP_OFFSET),
                inflightShape(message),
                message.take(0)));
    }

    // What goes the other way.

    private void setBackEnd(FileDescriptor descriptor) {
        closeBackEnd();
        backEnd = new MessageChannel(UnixSocket.adopt(descriptor));
    }

    private void closeBackEnd() {
        MessageChannel present = backEnd;
        backEnd = null;
        if (present != null) {
            present.close();
        }
    }

    /** Nothing is said of a device that is suspended: whoever moves it may have it go on elsewhere. */
    private void sendNotifications() {
        if (rings.isSuspended()) {
            return;
        }
        if (notifier.takeConfigurationChanged()) {
            if ((device.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
                rings.failed();
            }
            if (has(ProtocolFeatures.CONFIG)) {
                send(BackEndRequest.CONFIG_CHANGE_MSG, EMPTY);
            }
        }
        if (has(ProtocolFeatures.INBAND_NOTIFICATIONS)) {
            for (int index = 0; index < rings.count(); index++) {
                if (notifier.takeCall(index)) {
                    send(BackEndRequest.VRING_CALL, Message.vringState(index, 0));
                }
            }
        }
    }

    /** A front-end that does not listen there misses what it is told, and goes on. */
    private void send(int request, ByteBuffer payload) {
        MessageChannel present = backEnd;
        if (present != null) {
            try {
                present.send(request, 0, payload, List.of());
            } catch (IOException failure) {
                LOG.warn("a front-end does not take requests: {}", failure.getMessage());
                closeBackEnd();
            }
        }
    }

    /** Resets the device, and gives back everything that the front-end shared. */
    @Override
    public void close() {
        try {
            rings.close();
        } finally {
            if (state != null) {
                state.close();
            }
            closeBackEnd();
            if (network != null) {
                network.forget();
            }
            notifier.forget();
            channel.close();
        }
    }

    /** Who is at the other end, for the log. */
    String peer() {
        try {
            return "process " + channel.socket().peer().process();
        } catch (LinuxException unknown) {
            return "unknown process";
        }
    }
}
