// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.DeviceHost;
import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetQueues;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A virtio network device (VIRTIO 1.4, "Network Device") with one pair of queues and a control queue, between a driver
 * and a {@link NetBackend}.
 *
 * <p>Neither side ever waits for the other: a frame that there is no room for is dropped and counted. A command that
 * cannot be done is answered with VIRTIO_NET_ERR. Only a receive buffer or command too small for its header needs a
 * reset.
 */
public final class NetDevice implements VirtioDevice {
    private static final int PAIRS = 1;
    private static final int RECEIVE = NetQueues.receive(0);
    private static final int TRANSMIT = NetQueues.transmit(0);
    private static final int CONTROL = NetQueues.control(PAIRS);
    private static final int CONTROL_QUEUE_SIZE = 64;
    private static final int NO_STATUS = 0;

    private static final FeatureBits FEATURES = FeatureBits.of(
            NetFeatures.MAC,
            NetFeatures.MTU,
            NetFeatures.STATUS,
            NetFeatures.MRG_RXBUF,
            NetFeatures.CTRL_VQ,
            NetFeatures.CTRL_RX,
            NetFeatures.CTRL_RX_EXTRA,
            NetFeatures.CTRL_VLAN,
            NetFeatures.CTRL_MAC_ADDR,
            NetFeatures.GUEST_ANNOUNCE,
            NetFeatures.SPEED_DUPLEX);

    private final NetBackend backend;
    private final long firstMac;
    private final int mtu;
    private final int speed;
    private final int queueSize;
    private final ReceiveQueue receive;
    private final TransmitQueue transmit;
    private final ControlCommands commands = new ControlCommands(this);

    /** {@code S_} bits of {@link NetConfig}. */
    private final AtomicInteger status = new AtomicInteger(NetConfig.S_LINK_UP);

    private volatile FeatureBits negotiated = FeatureBits.NONE;
    private volatile boolean mergesBuffers;

    /** Written by the worker of the control queue while that runs, by control calls otherwise. */
    private volatile ReceiveFilter filter;

    private volatile @Nullable DeviceHost host;

    /** A device in front of a backend, which it closes when it is closed itself. */
    public NetDevice(NetBackend backend, NetOptions options) {
        this.backend = backend;
        this.firstMac = options.mac();
        this.mtu = options.mtu();
        this.speed = options.speed();
        this.queueSize = options.queueSize();
        this.filter = ReceiveFilter.initial(firstMac, false, false);
        this.receive = new ReceiveQueue(this, queueSize, options.backlog());
        this.transmit = new TransmitQueue(this, backend);
    }

    @Override
    public int deviceType() {
        return DeviceType.NETWORK;
    }

    @Override
    public FeatureBits features() {
        return FEATURES;
    }

    @Override
    public int queueCount() {
        return CONTROL + 1;
    }

    @Override
    public int maxQueueSize(int queue) {
        return queue == CONTROL ? CONTROL_QUEUE_SIZE : queueSize;
    }

    @Override
    public int configSize() {
        return NetConfig.requiredSize(FEATURES);
    }

    @Override
    public void readConfig(int offset, byte[] destination, int start, int length) {
        byte[] bytes = new byte[configSize()];
        ByteBuffer config = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Ethernet.put(filter.mac(), bytes, NetConfig.MAC);
        config.putShort(NetConfig.STATUS, (short) status.get());
        config.putShort(NetConfig.MAX_VIRTQUEUE_PAIRS, (short) PAIRS);
        config.putShort(NetConfig.MTU, (short) mtu);
        config.putInt(NetConfig.SPEED, speed);
        config.put(NetConfig.DUPLEX, (byte) NetConfig.DUPLEX_FULL);
        System.arraycopy(bytes, offset, destination, start, length);
    }

    /** Nothing can be written: a driver that has another address says so by control command. */
    @Override
    public void writeConfig(int offset, byte[] source, int start, int length) {}

    @Override
    public boolean accepts(FeatureBits driverFeatures) {
        return NetFeatures.firstUnmet(driverFeatures) < 0;
    }

    @Override
    public void negotiated(FeatureBits driverFeatures) {
        negotiated = driverFeatures;
        mergesBuffers = driverFeatures.has(NetFeatures.MRG_RXBUF);
        filter = ReceiveFilter.initial(
                firstMac, driverFeatures.has(NetFeatures.CTRL_RX), driverFeatures.has(NetFeatures.CTRL_VLAN));
    }

    @Override
    public void attach(DeviceHost newHost) {
        host = newHost;
        backend.attach(new Port());
    }

    @Override
    public boolean takesRequests(int queue) {
        return queue == RECEIVE;
    }

    @Override
    public boolean serve(int queue, QueueContext context) {
        return receive.serve(context);
    }

    @Override
    public boolean isReady(int queue) {
        return receive.isReady();
    }

    @Override
    public void quiesce(int queue, QueueContext context) {
        receive.quiesce(context);
    }

    @Override
    public void process(int queue, DescriptorChain chain, QueueContext context) {
        if (queue == TRANSMIT) {
            transmit.process(chain, context);
            return;
        }
        if (chain.readableLength() < NetControl.DATA || chain.writableLength() < 1) {
            throw new VirtqueueException("a control command of " + chain.readableLength() + " readable and "
                    + chain.writableLength() + " writable bytes has no room for class, command and ack");
        }
        chain.writeByte(NetControl.ACK, commands.execute(chain));
        context.push(chain, 1);
    }

    @Override
    public void reset() {
        negotiated = FeatureBits.NONE;
        mergesBuffers = false;
        filter = ReceiveFilter.initial(firstMac, false, false);
        announced();
        receive.drop();
    }

    @Override
    public void close() {
        backend.close();
        receive.drop();
    }

    // For the queues.

    FeatureBits negotiated() {
        return negotiated;
    }

    boolean mergesBuffers() {
        return mergesBuffers;
    }

    /** Bytes of the longest frame: the MTU, an Ethernet header and a VLAN tag. */
    int maxFrame() {
        return mtu + Ethernet.HEADER + Ethernet.VLAN_TAG;
    }

    ReceiveFilter filter() {
        return filter;
    }

    void filter(ReceiveFilter changed) {
        filter = changed;
    }

    /** The driver has announced itself, or never will. */
    void announced() {
        status.updateAndGet(bits -> bits & ~NetConfig.S_ANNOUNCE);
    }

    // For whoever runs the device. From any thread.

    /** The device's address in use: the driver may have changed it. */
    public String mac() {
        return Ethernet.format(filter.mac());
    }

    /** Whether the link is up. */
    public boolean isLinkUp() {
        return (status.get() & NetConfig.S_LINK_UP) != 0;
    }

    /** Plugs the cable in or pulls it out. While it is out, frames are dropped in both directions. */
    public void linkUp(boolean up) {
        if (up != isLinkUp()) {
            changeStatus(up ? NetConfig.S_LINK_UP : NO_STATUS, up ? NO_STATUS : NetConfig.S_LINK_UP);
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
        changeStatus(NetConfig.S_ANNOUNCE, NO_STATUS);
        return true;
    }

    private void changeStatus(int added, int removed) {
        Runnable change = () -> status.updateAndGet(bits -> (bits | added) & ~removed);
        DeviceHost attached = host;
        if (attached == null) {
            change.run();
        } else {
            attached.changeConfiguration(change);
        }
    }

    /** What happened to received frames. */
    public NetCounters received() {
        return receive.counters.read();
    }

    /** What happened to sent frames. */
    public NetCounters sent() {
        return transmit.counters.read();
    }

    private final class Port implements NetPort {
        @Override
        public boolean receive(ByteBuf frame) {
            return receive.receive(frame);
        }

        @Override
        public void linkUp(boolean up) {
            NetDevice.this.linkUp(up);
        }
    }
}
