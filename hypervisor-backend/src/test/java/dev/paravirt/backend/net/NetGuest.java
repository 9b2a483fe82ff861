// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.CountingInterrupt;
import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import dev.paravirt.spec.net.NetQueues;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A network device in a session, with a worker, and a driver that is the test: what it sends, posts and commands. */
final class NetGuest implements AutoCloseable {
    static final String MAC = "02:00:00:00:00:01";
    static final String PEER = "02:00:00:00:00:02";
    static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1, Features.RING_RESET);
    static final FeatureBits PACKED =
            SPLIT.with(Features.RING_PACKED).with(Features.IN_ORDER).with(Features.EVENT_IDX);
    private static final int QUEUE_SIZE = 64;
    private static final int BUFFER = 4096;
    private static final int OUT = 1 << 17;

    final NetDevice device;
    final Wire wire;
    private final boolean closes;
    final CountingInterrupt interrupt = new CountingInterrupt();
    final DeviceSession session;
    private final TestMemory memory = new TestMemory();
    private final List<QueueWorker> workers;
    private final DmaBuffer[] buffers = new DmaBuffer[QUEUE_SIZE];
    private final int[] sizes = new int[QUEUE_SIZE];
    private final DmaBuffer out = memory.allocate(OUT);
    private final DmaBuffer command = memory.allocate(BUFFER);
    private final DmaBuffer ack = memory.allocate(BUFFER);
    private final DmaBuffer[] rings;
    private FeatureBits features;
    private DriverVirtqueue @Nullable [] queues;

    /** Of the frame that was received last. */
    byte[] header = {};

    NetGuest(FeatureBits features) {
        this(new NetOptions(MAC), features);
    }

    NetGuest(NetOptions options, FeatureBits features) {
        this(new Wire(), options, features);
    }

    NetGuest(Wire wire, NetOptions options, FeatureBits features) {
        this(wire, wire, true, 1, options, features);
    }

    /** With so many workers. */
    NetGuest(int workers, NetOptions options, FeatureBits features) {
        this(new Wire(), workers, options, features);
    }

    private NetGuest(Wire wire, int workers, NetOptions options, FeatureBits features) {
        this(wire, wire, true, workers, options, features);
    }

    /** With a backend instead of a wire. */
    NetGuest(NetBackend backend, NetOptions options, FeatureBits features) {
        this(new Wire(), backend, false, 1, options, features);
    }

    private NetGuest(
            Wire wire, NetBackend backend, boolean closes, int workerCount, NetOptions options, FeatureBits features) {
        this.wire = wire;
        this.closes = closes;
        this.features = features;
        workers = Stream.generate(() -> QueueWorker.start("net worker under test"))
                .limit(workerCount)
                .toList();
        device = new NetDevice(backend, options);
        session = DeviceSession.start(device, memory.guest(), Features.MMIO, interrupt, workers);
        Arrays.setAll(buffers, i -> memory.allocate(BUFFER));
        rings = new DmaBuffer[device.queueCount()];
        for (int i = 0; i < rings.length; i++) {
            rings[i] = memory.allocate(DriverVirtqueue.memorySize(QUEUE_SIZE, VirtqueueFormat.of(features), 0));
        }
        start(features);
    }

    /** The other end of the cable. */
    static class Wire implements NetBackend {
        final List<byte[]> sent = new CopyOnWriteArrayList<>();
        final FeatureBits offloads;
        volatile FeatureBits driverOffloads = FeatureBits.NONE;
        volatile boolean takes = true;
        volatile boolean closed;
        private volatile @Nullable NetPort port;

        Wire() {
            this(FeatureBits.NONE);
        }

        Wire(FeatureBits offloads) {
            this.offloads = offloads;
        }

        @Override
        public FeatureBits offloads() {
            return offloads;
        }

        @Override
        public void driverOffloads(FeatureBits guest) {
            driverOffloads = guest;
        }

        @Override
        public void attach(NetPort device) {
            port = device;
        }

        NetPort port() {
            return requireNonNull(port);
        }

        @Override
        public boolean send(ByteBuf frame) {
            byte[] bytes = Frames.bytes(frame);
            if (takes) {
                sent.add(bytes);
            }
            return takes;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    void start(FeatureBits chosen) {
        features = chosen;
        new TestDriver(session, memory, features).negotiate();
        DriverVirtqueue[] made = new DriverVirtqueue[rings.length];
        for (int queue = 0; queue < made.length; queue++) {
            rings[queue].fill(0, rings[queue].size(), (byte) 0);
            made[queue] = DriverVirtqueue.create(queue, QUEUE_SIZE, VirtqueueFormat.of(features), rings[queue], 0);
            assertThat(session.setUpQueue(
                            queue,
                            QUEUE_SIZE,
                            made[queue].descriptorArea(),
                            made[queue].driverArea(),
                            made[queue].deviceArea()))
                    .isEqualTo(Outcome.DONE);
        }
        queues = made;
        int status = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER | DeviceStatus.FEATURES_OK;
        assertThat(session.setStatus(status | DeviceStatus.DRIVER_OK)).isEqualTo(Outcome.DONE);
        for (int pair = 0; pair < device.pairs(); pair++) {
            if (2 * pair != controlQueue()) {
                ReceiveQueue queue = device.receiveQueue(pair);
                TestDriver.await("receive queue", queue::isServed);
            }
        }
    }

    void reset() {
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("reset", () -> session.status() == 0);
    }

    DriverVirtqueue queue(int queue) {
        return requireNonNull(queues)[queue];
    }

    private int headerSize() {
        return NetHeader.size(features);
    }

    private int controlQueue() {
        boolean several = features.has(NetFeatures.MQ) || features.has(NetFeatures.RSS);
        return NetQueues.control(several ? device.pairs() : 1);
    }

    private void publish(int queue) {
        if (queue(queue).publish()) {
            session.notifyQueue(queue);
        }
    }

    int awaitUsed(int queue) {
        int[] token = {DriverVirtqueue.NONE};
        TestDriver.await("used buffer in queue " + queue, () -> {
            token[0] = queue(queue).poll();
            return token[0] != DriverVirtqueue.NONE;
        });
        return token[0];
    }

    /** Posts a receive buffer. */
    void post(int token, int size) {
        post(0, token, size);
    }

    /** Posts a receive buffer in the queue of a pair. */
    void post(int pair, int token, int size) {
        sizes[token] = size;
        int queue = NetQueues.receive(pair);
        assertThat(queue(queue).addWritable(buffers[token].address(), size, token))
                .isTrue();
        publish(queue);
    }

    /** The next frame received, in these buffers; there is nothing in its header but how many they are. */
    byte[] receive(int... tokens) {
        byte[] frame = receiveFrom(0, tokens);
        byte[] expected = new byte[headerSize()];
        expected[NetHeader.NUM_BUFFERS] = (byte) tokens.length;
        assertThat(header).as("header").isEqualTo(expected);
        return frame;
    }

    /** The next frame received through a pair, in these buffers. */
    byte[] receiveFrom(int pair, int... tokens) {
        byte[] all = new byte[tokens.length * BUFFER];
        int length = 0;
        int queue = NetQueues.receive(pair);
        for (int token : tokens) {
            assertThat(awaitUsed(queue)).isEqualTo(token);
            int used = queue(queue).usedLength();
            assertThat(used).isLessThanOrEqualTo(sizes[token]);
            for (int i = 0; i < used; i++) {
                all[length++] = buffers[token].getByte(i);
            }
        }
        header = Arrays.copyOf(all, headerSize());
        return Arrays.copyOfRange(all, headerSize(), length);
    }

    /** Sends a frame behind a header of these bytes, and waits until its buffer is used. */
    void sendRaw(byte[] bytes) {
        sendRaw(0, bytes);
    }

    private void sendRaw(int pair, byte[] bytes) {
        int queue = NetQueues.transmit(pair);
        for (int i = 0; i < bytes.length; i++) {
            out.putByte(i, bytes[i]);
        }
        assertThat(queue(queue).addReadable(out.address(), bytes.length, 7)).isTrue();
        publish(queue);
        assertThat(awaitUsed(queue)).isEqualTo(7);
        assertThat(queue(queue).usedLength()).isZero();
    }

    void send(byte[] frame) {
        send(0, frame);
    }

    void send(int pair, byte[] frame) {
        byte[] bytes = new byte[headerSize() + frame.length];
        System.arraycopy(frame, 0, bytes, headerSize(), frame.length);
        sendRaw(pair, bytes);
    }

    /** A control command; returns its ack. */
    int control(byte... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            command.putByte(i, bytes[i]);
        }
        ack.putByte(0, (byte) 0xee);
        BufferChain chain = new BufferChain(3);
        // Class and command apart from the data, as drivers do.
        int header = Math.min(bytes.length, NetControl.DATA);
        chain.addReadable(command.address(), header);
        if (bytes.length > header) {
            chain.addReadable(command.address() + header, bytes.length - header);
        }
        assertThat(queue(controlQueue()).add(chain.addWritable(ack), 3)).isTrue();
        publish(controlQueue());
        assertThat(awaitUsed(controlQueue())).isEqualTo(3);
        return ack.getByte(0);
    }

    /** What the device wrote behind the last ack. */
    byte[] result(int length) {
        assertThat(queue(controlQueue()).usedLength()).isEqualTo(NetControl.RESULT + length);
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++) {
            result[i] = ack.getByte(NetControl.RESULT + i);
        }
        return result;
    }

    /** Makes a command available that has room for nothing; returns when the device gives up. */
    void controlWithoutAck() {
        assertThat(queue(controlQueue()).addReadable(command.address(), 2, 3)).isTrue();
        publish(controlQueue());
    }

    void awaitNeedsReset() {
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0);
    }

    /** Delivers a frame from the network. */
    boolean deliver(byte[] frame) {
        return wire.port().receive(Frames.buffer(frame));
    }

    int config(int offset, int width) {
        byte[] bytes = new byte[width];
        session.readConfig(offset, bytes, 0, width);
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= (bytes[i] & 0xff) << (8 * i);
        }
        return value;
    }

    @Override
    public void close() {
        session.close();
        workers.forEach(QueueWorker::close);
        memory.close();
        assertThat(wire.closed).isEqualTo(closes);
    }
}
