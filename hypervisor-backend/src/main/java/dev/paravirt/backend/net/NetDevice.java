// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.MovableDevice;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import dev.paravirt.spec.net.NetQueues;
import io.netty.buffer.ByteBuf;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A virtio network device (VIRTIO 1.4, "Network Device") between a driver and a {@link NetBackend}: pairs of a receiveq
 * and a transmitq, and a controlq.
 *
 * <p>Neither side ever waits for the other: a frame that there is no room for is dropped and counted. A command that
 * cannot be done is answered with VIRTIO_NET_ERR. Only a receive buffer or command too small for its header needs a
 * reset.
 */
public final class NetDevice implements MovableDevice {
    private final NetBackend backend;
    private final FeatureBits backendOffloads;
    private final FeatureBits features;
    private final long firstMac;
    private final NetConfiguration configuration;
    private final int queueSize;
    private final int pairs;
    private final boolean controlInFront;
    private final ReceiveQueue[] receive;
    private final TransmitQueue[] transmit;
    private final CoalescingCommands coalescing;
    private final ControlCommands commands;

    // Written by control calls, or by the worker of the control queue while that runs.
    private volatile FeatureBits negotiated = FeatureBits.NONE;
    private volatile int headerSize = NetHeader.SIZE;
    private volatile int controlQueue;
    private volatile FeatureBits guestOffloads = FeatureBits.NONE;
    private volatile boolean mergesBuffers;
    private volatile ReceiveFilter filter;
    private volatile ReceiveSteering steering = ReceiveSteering.FIRST;

    /** What HASH_REPORT says of received frames; null if that was not negotiated. */
    private volatile @Nullable PacketHash hash;

    private volatile @Nullable DeviceHost host;

    /** A device in front of a backend, which it closes when it is closed itself. */
    public NetDevice(NetBackend backend, NetOptions options) {
        this.backend = backend;
        this.backendOffloads = backend.offloads();
        this.features = options.features();
        this.firstMac = options.mac();
        this.configuration = new NetConfiguration(options);
        this.queueSize = options.queueSize();
        this.pairs = options.queuePairs();
        this.controlInFront = options.controlInFront();
        this.controlQueue = NetQueues.control(1);
        this.filter = ReceiveFilter.initial(firstMac, false, false);
        this.coalescing = new CoalescingCommands(this);
        this.commands = new ControlCommands(this, coalescing);
        this.receive = new ReceiveQueue[pairs];
        this.transmit = new TransmitQueue[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            Coalescing received = coalescing.of(NetQueues.receive(pair));
            Coalescing sent = coalescing.of(NetQueues.transmit(pair));
            receive[pair] = new ReceiveQueue(this, pair, backend, options, received);
            transmit[pair] = new TransmitQueue(this, pair, backend, backendOffloads, sent);
        }
    }

    @Override
    public int deviceType() {
        return DeviceType.NETWORK;
    }

    @Override
    public FeatureBits features() {
        return features;
    }

    @Override
    public int queueCount() {
        return NetQueues.control(pairs) + 1;
    }

    @Override
    public int maxQueueSize(int queue) {
        return queueSize;
    }

    @Override
    public boolean finishesInOrder() {
        return true;
    }

    @Override
    public int configSize() {
        return NetConfig.SIZE;
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        configuration.read(filter.mac(), offset, destination, start, length);
    }

    /** Nothing can be written: a driver that has another address says so by control command. */
    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {}

    @Override
    public boolean accepts(FeatureBits driverFeatures) {
        FeatureBits known = controlInFront ? driverFeatures.with(NetFeatures.CTRL_VQ) : driverFeatures;
        return NetFeatures.firstUnmet(known) < 0;
    }

    @Override
    public void negotiated(FeatureBits driverFeatures) {
        negotiated = driverFeatures;
        headerSize = NetHeader.size(driverFeatures);
        controlQueue = NetQueues.control(hasSeveralPairs(negotiated) ? pairs : 1);
        mergesBuffers = driverFeatures.has(NetFeatures.MRG_RXBUF);
        filter = ReceiveFilter.initial(
                firstMac, driverFeatures.has(NetFeatures.CTRL_RX), driverFeatures.has(NetFeatures.CTRL_VLAN));
        steering = ReceiveSteering.FIRST;
        hash = driverFeatures.has(NetFeatures.HASH_REPORT) ? PacketHash.NONE : null;
        guestOffloads(driverFeatures.and(OffloadCommands.GUEST));
    }

    @Override
    public void attach(DeviceHost newHost) {
        host = newHost;
        backend.attach(new Port());
    }

    @Override
    public boolean takesRequests(int queue) {
        return queue % 2 == 0 && isForFrames(queue);
    }

    @Override
    public void enabled(int queue, boolean on) {
        if (!isForFrames(queue)) {
            return;
        }
        coalescing.enabled(queue, on);
        countPairsInUse();
    }

    @Override
    public void paused(int queue) {
        if (isForFrames(queue)) {
            coalescing.paused(queue);
            countPairsInUse();
        }
    }

    /** A driver whose commands stay in front of the device uses the pairs that are enabled. */
    private void countPairsInUse() {
        if (controlInFront && !negotiated.has(NetFeatures.CTRL_VQ) && hasSeveralPairs(negotiated)) {
            int used = 0;
            while (used < pairs && coalescing.of(NetQueues.receive(used)).isEnabled()) {
                used++;
            }
            steering = ReceiveSteering.among(used);
        }
    }

    private static boolean hasSeveralPairs(FeatureBits features) {
        return features.has(NetFeatures.MQ) || features.has(NetFeatures.RSS);
    }

    @Override
    public long notificationDelay(int queue) {
        return isForFrames(queue) ? coalescing.of(queue).delay() : 0;
    }

    @Override
    public boolean serve(int queue, QueueContext context) {
        return receive[queue / 2].serve(context);
    }

    @Override
    public boolean isReady(int queue) {
        return receive[queue / 2].isReady();
    }

    @Override
    public void quiesce(int queue, QueueContext context) {
        if (takesRequests(queue)) {
            receive[queue / 2].quiesce(context);
        }
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        if (queue % 2 != 0) {
            transmit[queue / 2].process(chain, context);
        } else if (queue == controlQueue) {
            control(chain, context);
        } else {
            throw new VirtqueueException("a buffer in queue " + queue + ", which is not used without MQ or RSS");
        }
    }

    private void control(DescriptorChain chain, QueueContext context) {
        if (chain.readableLength() < NetControl.DATA || chain.writableLength() < 1) {
            throw new VirtqueueException("a control command of " + chain.readableLength() + " readable and "
                    + chain.writableLength() + " writable bytes has no room for class, command and ack");
        }
        ReceiveSteering before = steering;
        int written = commands.execute(chain);
        ReceiveSteering after = steering;
        if (after.equals(before)) {
            context.push(chain, written);
            return;
        }
        DeferredAck ack = new DeferredAck(chain, written, context);
        for (int pair = 0; pair < pairs; pair++) {
            if (!after.uses(pair)) {
                receive[pair].acknowledgeWhenQuiet(ack);
            }
        }
        ack.arrive();
    }

    @Override
    public void reset() {
        negotiated(FeatureBits.NONE);
        coalescing.reset();
        announced();
        for (ReceiveQueue queue : receive) {
            queue.drop();
        }
    }

    @Override
    public void saveState(DataOutput state) throws IOException {
        state.writeInt(pairs);
        new NetState(filter, steering, guestOffloads, hash).save(state);
        coalescing.save(state);
    }

    @Override
    public Runnable loadState(FeatureBits driverFeatures, DataInput state) throws IOException {
        int known = state.readInt();
        if (known != pairs) {
            throw new IOException("its driver knows " + known + " queue pairs, and here are " + pairs);
        }
        NetState loaded = NetState.load(state, driverFeatures, hasSeveralPairs(driverFeatures) ? pairs : 1);
        Runnable parameters = coalescing.load(state);
        return () -> {
            filter = loaded.filter();
            steering = loaded.steering();
            hash = loaded.hash();
            guestOffloads(loaded.guestOffloads());
            parameters.run();
        };
    }

    @Override
    public void close() {
        backend.close();
        for (ReceiveQueue queue : receive) {
            queue.drop();
        }
    }

    // For the queues.

    /** Whether there is a receiveq or transmitq of this index, any number. */
    boolean isForFrames(int queue) {
        return queue != controlQueue && queue < 2 * pairs;
    }

    FeatureBits negotiated() {
        return negotiated;
    }

    /** Bytes before each frame of the backend's. */
    int lead() {
        return backendOffloads.isEmpty() ? 0 : NetHeader.SIZE;
    }

    /** Bytes of the header in each buffer of the driver's. */
    int headerSize() {
        return headerSize;
    }

    boolean mergesBuffers() {
        return mergesBuffers;
    }

    /** Bytes of the longest frame: the MTU, an Ethernet header and a VLAN tag. */
    int maxFrame() {
        return configuration.mtu() + Ethernet.HEADER + Ethernet.VLAN_TAG;
    }

    ReceiveFilter filter() {
        return filter;
    }

    void filter(ReceiveFilter changed) {
        filter = changed;
    }

    ReceiveQueue receiveQueue(int pair) {
        return receive[pair];
    }

    ReceiveSteering steering() {
        return steering;
    }

    void steering(ReceiveSteering changed) {
        steering = changed;
    }

    /** What the driver takes at the moment. */
    FeatureBits guestOffloads() {
        return guestOffloads;
    }

    void guestOffloads(FeatureBits wanted) {
        guestOffloads = wanted;
        FeatureBits given = wanted.and(backendOffloads);
        for (int unmet = NetFeatures.firstUnmet(given); unmet >= 0; unmet = NetFeatures.firstUnmet(given)) {
            given = given.without(unmet);
        }
        backend.driverOffloads(given);
    }

    @Nullable
    PacketHash hash() {
        return hash;
    }

    /** Has the hash of received frames reported, if that was negotiated. */
    void hash(PacketHash changed) {
        if (hash != null) {
            hash = changed;
        }
    }

    /** The driver has announced itself, or never will. */
    void announced() {
        configuration.announced();
    }

    // For whoever runs the device. From any thread.

    /** The device's address in use: the driver may have changed it. */
    public String mac() {
        return Ethernet.format(filter.mac());
    }

    /** Whether the link is up. */
    public boolean isLinkUp() {
        return configuration.isLinkUp();
    }

    /** Plugs the cable in or pulls it out. While it is out, frames are dropped in both directions. */
    public void linkUp(boolean up) {
        if (up != isLinkUp()) {
            change(() -> configuration.linkUp(up));
        }
    }

    /**
     * Asks the driver to send gratuitous packets, so that the network learns where it is now.
     *
     * @return false if the driver cannot
     */
    public boolean announce() {
        if (!negotiated.has(NetFeatures.GUEST_ANNOUNCE)) {
            return false;
        }
        change(configuration::announce);
        return true;
    }

    /**
     * Shows the network where a station is now, in the stead of a driver that cannot {@link #announce}: broadcasts a request
     * of that station's, which needs no answer (RFC 903).
     *
     * @param mac six bytes
     * @return whether it went on its way
     * @throws IllegalArgumentException if this is not the address of a station
     */
    public boolean announceStation(byte[] mac) {
        long station = Ethernet.address(mac, 0);
        if (!Ethernet.isStation(station)) {
            throw new IllegalArgumentException(Ethernet.format(station) + " is not the address of a station");
        }
        return isLinkUp() && backend.send(ReverseArp.request(station, lead()));
    }

    /** The largest MTU that the device can have: that of its options. */
    public int mostMtu() {
        return configuration.mostMtu();
    }

    /**
     * Lets the device have a smaller MTU than it could have: it is what the driver reads, and longer frames are dropped in
     * both directions. A driver looks when it starts. A reset changes nothing about it.
     *
     * @param value bytes without the Ethernet header, 68 to {@link #mostMtu}
     */
    public void limitMtu(int value) {
        configuration.checkMtu(value);
        if (value != configuration.mtu()) {
            change(() -> configuration.mtu(value));
        }
    }

    private void change(Runnable change) {
        DeviceHost attached = host;
        if (attached == null) {
            change.run();
        } else {
            attached.changeConfiguration(change);
        }
    }

    /** How many pairs of queues there are; the driver may use fewer. */
    public int pairs() {
        return pairs;
    }

    /**
     * What happened to received frames.
     *
     * @param pair 0 to {@code pairs() - 1}
     */
    public NetCounters received(int pair) {
        return receive[pair].counters.read();
    }

    /**
     * What happened to sent frames.
     *
     * @param pair 0 to {@code pairs() - 1}
     */
    public NetCounters sent(int pair) {
        return transmit[pair].counters.read();
    }

    /** What happened to received frames in all queues. */
    public NetCounters received() {
        return sum(this::received);
    }

    /** What happened to sent frames in all queues. */
    public NetCounters sent() {
        return sum(this::sent);
    }

    private NetCounters sum(IntFunction<NetCounters> countersOfPair) {
        NetCounters sum = countersOfPair.apply(0);
        for (int pair = 1; pair < pairs; pair++) {
            sum = sum.plus(countersOfPair.apply(pair));
        }
        return sum;
    }

    private final class Port implements NetPort {
        @Override
        public boolean receive(ByteBuf frame) {
            return queueFor(frame).receive(frame);
        }

        private ReceiveQueue queueFor(ByteBuf frame) {
            ReceiveSteering now = steering;
            int chosen = now.pair(frame, frame.readerIndex() + lead(), frame.readableBytes() - lead());
            // A queue that is being reset is passed over, if the driver did not choose it.
            for (int pair = 0; now.isFlexible() && !receive[chosen].isServed() && now.uses(pair); pair++) {
                chosen = receive[pair].isServed() ? pair : chosen;
            }
            return receive[chosen];
        }

        @Override
        public void linkUp(boolean up) {
            NetDevice.this.linkUp(up);
        }
    }
}
