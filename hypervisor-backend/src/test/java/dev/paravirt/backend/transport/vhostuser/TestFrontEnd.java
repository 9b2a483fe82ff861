// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A front-end with one region of memory, and the driver of the device in it. */
final class TestFrontEnd implements AutoCloseable {
    /** Where its memory lies, as the driver sees it and as the front-end's process does. */
    static final long GUEST = 0x10000;

    static final long USER = 0x7f12_3456_0000L;
    static final int MEMORY = 1 << 20;

    /** All protocol features that every device has, but those that change what a front-end has to do. */
    static final long PROTOCOL = 1L << ProtocolFeatures.MQ
            | 1L << ProtocolFeatures.LOG_SHMFD
            | 1L << ProtocolFeatures.REPLY_ACK
            | 1L << ProtocolFeatures.BACKEND_REQ
            | 1L << ProtocolFeatures.CONFIG
            | 1L << ProtocolFeatures.RESET_DEVICE
            | 1L << ProtocolFeatures.CONFIGURE_MEM_SLOTS
            | 1L << ProtocolFeatures.STATUS;

    /** And those of inflight memory. */
    static final long INFLIGHT_PROTOCOL =
            PROTOCOL | 1L << ProtocolFeatures.INFLIGHT_SHMFD | 1L << ProtocolFeatures.GET_VRING_BASE_INFLIGHT;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final ByteBuffer NOTHING = Message.payload(0);

    MessageChannel channel;
    final FeatureBits features;
    final MemoryRegion region;
    private final Memfd memory;
    private final Arena arena = Arena.ofShared();
    private int next;

    TestFrontEnd(UnixSocket socket, FeatureBits features) throws LinuxException {
        this.channel = new MessageChannel(socket);
        this.features = features;
        this.memory = Memfd.create("front-end", MEMORY);
        this.region = new MemoryRegion(GUEST, memory.map(0, MEMORY, arena));
    }

    static TestFrontEnd connect(Path socket, FeatureBits features) throws LinuxException {
        return new TestFrontEnd(UnixSocket.connect(socket), features);
    }

    FileDescriptor memory() {
        return memory.descriptor();
    }

    /** Leaves its back-end for another, with the memory and the rings that it has; returns the channel to the first. */
    MessageChannel moveTo(Path socket) throws LinuxException {
        MessageChannel before = channel;
        channel = new MessageChannel(UnixSocket.connect(socket));
        return before;
    }

    // Messages.

    void send(int request, int flags, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        channel.send(request, flags, payload, List.of(descriptors));
    }

    void send(int request, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        send(request, 0, payload, descriptors);
    }

    /** The reply to what was sent. */
    Message receive(int request) throws IOException {
        assertThat(channel.socket().awaitReadable(PATIENCE_NANOS)).as("a reply").isTrue();
        Message reply = requireNonNull(channel.receive(), "the back-end has left");
        assertThat(reply.request()).isEqualTo(request);
        assertThat(reply.flags()).isEqualTo(MessageHeader.VERSION | MessageHeader.REPLY);
        return reply;
    }

    /** Sends and waits for the acknowledgement; 0 is success. */
    long acknowledged(int request, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        send(request, MessageHeader.NEED_REPLY, payload, descriptors);
        try (Message reply = receive(request)) {
            assertThat(reply.size()).isEqualTo(Payload.U64_SIZE);
            return reply.getLong(0);
        }
    }

    void succeed(int request, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        assertThat(acknowledged(request, payload, descriptors))
                .as(FrontEndRequest.describe(request))
                .isZero();
    }

    long ask(int request) throws IOException {
        send(request, NOTHING);
        try (Message reply = receive(request)) {
            return reply.getLong(0);
        }
    }

    /** Waits until the back-end has ended the connection. */
    void awaitEnd() throws IOException {
        int none = -1;
        awaitReplyOrEnd(none);
    }

    /** Until the reply to such a request comes, or the connection has ended. */
    void awaitReplyOrEnd(int request) throws IOException {
        boolean ended = false;
        while (!ended) {
            assertThat(channel.socket().awaitReadable(PATIENCE_NANOS))
                    .as("a reply, or the end of the connection")
                    .isTrue();
            try (Message reply = channel.receive()) {
                ended = reply == null || reply.request() == request;
            } catch (LinuxException reset) {
                ended = true;
            }
        }
    }

    // What every front-end does.

    /** Up to where rings can be set up. */
    TestFrontEnd begin() throws IOException {
        return begin(PROTOCOL);
    }

    TestFrontEnd begin(long protocol) throws IOException {
        send(FrontEndRequest.SET_OWNER, NOTHING);
        ask(FrontEndRequest.GET_FEATURES);
        ask(FrontEndRequest.GET_PROTOCOL_FEATURES);
        succeed(FrontEndRequest.SET_PROTOCOL_FEATURES, Message.payloadOf(protocol));
        setFeatures(0);
        setMemoryTable();
        return this;
    }

    void setFeatures(long more) throws IOException {
        long bits = features.low() | 1L << ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES | more;
        succeed(FrontEndRequest.SET_FEATURES, Message.payloadOf(bits));
    }

    void setMemoryTable() throws IOException {
        succeed(FrontEndRequest.SET_MEM_TABLE, memoryTable(1), memory.descriptor());
    }

    /** The same region, so many times. */
    static ByteBuffer memoryTable(int regions) {
        ByteBuffer table = Message.payload(Payload.REGIONS + regions * Payload.REGION_SIZE);
        table.putInt(Payload.REGION_COUNT, regions);
        for (int index = 0; index < regions; index++) {
            putRegion(table, Payload.REGIONS + index * Payload.REGION_SIZE, GUEST, MEMORY, USER, 0);
        }
        return table;
    }

    static void putRegion(ByteBuffer payload, int at, long guest, long size, long user, long offset) {
        payload.putLong(at + Payload.REGION_GUEST_ADDRESS, guest);
        payload.putLong(at + Payload.REGION_LENGTH, size);
        payload.putLong(at + Payload.REGION_USER_ADDRESS, user);
        payload.putLong(at + Payload.REGION_MMAP_OFFSET, offset);
    }

    // Inflight memory.

    static ByteBuffer inflight(long size, long offset, int queues, int descriptors) {
        return Message.payload(Payload.INFLIGHT_SIZE)
                .putLong(Payload.INFLIGHT_MMAP_SIZE, size)
                .putLong(Payload.INFLIGHT_MMAP_OFFSET, offset)
                .putShort(Payload.INFLIGHT_QUEUES, (short) queues)
                .putShort(Payload.INFLIGHT_QUEUE_SIZE, (short) descriptors);
    }

    /** Has the back-end make some. */
    Memfd getInflight(int queues, int descriptors) throws IOException {
        send(FrontEndRequest.GET_INFLIGHT_FD, inflight(0, 0, queues, descriptors));
        try (Message reply = receive(FrontEndRequest.GET_INFLIGHT_FD)) {
            assertThat(reply.descriptorCount()).isEqualTo(1);
            assertThat(reply.getLong(Payload.INFLIGHT_MMAP_OFFSET)).isZero();
            assertThat(reply.getShort(Payload.INFLIGHT_QUEUES)).isEqualTo(queues);
            assertThat(reply.getShort(Payload.INFLIGHT_QUEUE_SIZE)).isEqualTo(descriptors);
            return Memfd.adopt(reply.take(0), reply.getLong(Payload.INFLIGHT_MMAP_SIZE), true);
        }
    }

    /** Has the back-end use it; 0 is success. */
    long setInflight(Memfd memory, int queues, int descriptors) throws IOException {
        return acknowledged(
                FrontEndRequest.SET_INFLIGHT_FD, inflight(memory.size(), 0, queues, descriptors), memory.descriptor());
    }

    DmaBuffer allocate(int size) {
        DmaBuffer buffer = new DmaBuffer(region, next, size);
        next += (size + 63) & -64;
        return buffer;
    }

    static long toUser(long guest) {
        return guest - GUEST + USER;
    }

    /** A ring of a driver's, which the back-end does not know of yet. */
    Ring ring(int index, int size) throws LinuxException {
        return new Ring(index, size);
    }

    @Override
    public void close() {
        channel.close();
        memory.close();
        arena.close();
    }

    /** One ring, for echoes of 8 bytes. */
    final class Ring implements AutoCloseable {
        private static final int MESSAGE = 8;

        final int index;
        final DriverVirtqueue driver;
        final Eventfd kick = Eventfd.create();
        final Eventfd call = Eventfd.create();
        final Eventfd error = Eventfd.create();
        final DmaBuffer request = allocate(MESSAGE);
        final DmaBuffer answer = allocate(MESSAGE);
        private final BufferChain chain =
                new BufferChain(2).addReadable(request).addWritable(answer);

        private Ring(int index, int size) throws LinuxException {
            this.index = index;
            VirtqueueFormat format = VirtqueueFormat.of(features);
            DmaBuffer memory = allocate(DriverVirtqueue.memorySize(size, format, 0));
            driver = DriverVirtqueue.create(index, size, format, memory, 0);
        }

        /** Everything, with the ring enabled. */
        Ring start() throws IOException {
            return start(first());
        }

        Ring start(int base) throws IOException {
            describe(base);
            kicked();
            enable(true);
            return this;
        }

        void describe() throws IOException {
            describe(first());
        }

        /** The position at which a driver begins. */
        int first() {
            return features.has(Features.RING_PACKED) ? 0x8000_8000 : 0;
        }

        void describe(int base) throws IOException {
            succeed(FrontEndRequest.SET_VRING_CALL, Message.payloadOf(index), call.descriptor());
            succeed(FrontEndRequest.SET_VRING_ERR, Message.payloadOf(index), error.descriptor());
            succeed(FrontEndRequest.SET_VRING_NUM, Message.vringState(index, driver.size()));
            succeed(FrontEndRequest.SET_VRING_BASE, Message.vringState(index, base));
            succeed(FrontEndRequest.SET_VRING_ADDR, addresses());
        }

        ByteBuffer addresses() {
            return Message.payload(Payload.ADDRESS_SIZE)
                    .putInt(Payload.VRING_INDEX, index)
                    .putLong(Payload.ADDRESS_DESCRIPTOR, toUser(driver.descriptorArea()))
                    .putLong(Payload.ADDRESS_AVAILABLE, toUser(driver.driverArea()))
                    .putLong(Payload.ADDRESS_USED, toUser(driver.deviceArea()));
        }

        void kicked() throws IOException {
            succeed(FrontEndRequest.SET_VRING_KICK, Message.payloadOf(index), kick.descriptor());
        }

        void enable(boolean on) throws IOException {
            succeed(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(index, on ? 1 : 0));
        }

        int stop() throws IOException {
            send0(FrontEndRequest.GET_VRING_BASE, Message.vringState(index, 0));
            try (Message reply = receive(FrontEndRequest.GET_VRING_BASE)) {
                assertThat(reply.getInt(Payload.VRING_INDEX)).isEqualTo(index);
                return reply.getInt(Payload.VRING_NUM);
            }
        }

        private void send0(int request, ByteBuffer payload) throws IOException {
            TestFrontEnd.this.send(request, payload);
        }

        void send(int token) throws LinuxException {
            assertThat(driver.add(chain, token)).isTrue();
            if (driver.publish()) {
                kick.signal();
            }
        }

        void roundTrip(long value) throws LinuxException {
            request.putLong(0, value);
            answer.putLong(0, 0);
            send(1);
            assertThat(awaitUsed()).isEqualTo(1);
            assertThat(answer.getLong(0)).isEqualTo(value);
        }

        int awaitUsed() {
            int[] used = {DriverVirtqueue.NONE};
            TestDriver.await("a used buffer", () -> {
                used[0] = driver.poll();
                return used[0] != DriverVirtqueue.NONE;
            });
            return used[0];
        }

        /** Waits until the back-end says that it cannot serve the ring. */
        void awaitError() {
            TestDriver.await("the err descriptor", () -> {
                try {
                    return error.drain() > 0;
                } catch (LinuxException failure) {
                    throw new AssertionError(failure);
                }
            });
        }

        @Override
        public void close() {
            kick.close();
            call.close();
            error.close();
        }
    }
}
