// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An Ethernet switch in this process: connects network devices with one another. It learns from source addresses behind
 * which port a station is, forgets stations that it has not heard of for five minutes, and sends a frame to one port if
 * it knows which, else to all others. A frame never goes back to where it came from, and is sent at most once to each
 * port; a port that does not take it loses it. Checksums and segmentation are left to the devices: a large frame goes
 * whole to a driver that takes it.
 *
 * <p>For any thread. Frames to a known station are passed on without a copy, a lock or an allocation.
 */
public final class LearningSwitch {
    private static final long LIFETIME_SECONDS = 300;
    private static final int MAX_PORTS = 1024;

    private final LongSupplier seconds;
    private final StationTable stations = new StationTable(LIFETIME_SECONDS);

    // Changed under the lock of this, read by anybody.
    private volatile List<Port> connected = List.of();
    private final @Nullable Port[] byNumber = new @Nullable Port[MAX_PORTS + 1];
    private final BitSet used = new BitSet();

    /** A switch without ports. */
    public LearningSwitch() {
        this(() -> TimeUnit.NANOSECONDS.toSeconds(System.nanoTime()));
    }

    LearningSwitch(LongSupplier seconds) {
        this.seconds = seconds;
    }

    /**
     * Adds a port, to be given to one device; closing that takes the port away again.
     *
     * @throws IllegalStateException if there are 1024 ports already
     */
    public synchronized NetBackend addPort() {
        int number = used.nextClearBit(1);
        if (number > MAX_PORTS) {
            throw new IllegalStateException("a switch has up to " + MAX_PORTS + " ports");
        }
        used.set(number);
        return new Port(number);
    }

    private synchronized void connect(Port port) {
        List<Port> more = new ArrayList<>(connected);
        more.add(port);
        byNumber[port.number] = port;
        connected = List.copyOf(more);
    }

    private synchronized void disconnect(Port port) {
        List<Port> fewer = new ArrayList<>(connected);
        fewer.remove(port);
        connected = List.copyOf(fewer);
        byNumber[port.number] = null;
        stations.forget(port.number);
        used.clear(port.number);
    }

    private boolean forward(Port from, ByteBuf frame) {
        if (frame.readableBytes() < NetHeader.SIZE + Ethernet.HEADER) {
            frame.release();
            return false;
        }
        int index = frame.readerIndex() + NetHeader.SIZE;
        long source = Ethernet.source(frame, index);
        long destination = Ethernet.destination(frame, index);
        if (!Ethernet.isStation(source)) {
            frame.release();
            return false;
        }
        long now = seconds.getAsLong();
        stations.learn(source, from.number, now);
        int known = Ethernet.isGroup(destination) ? StationTable.NONE : stations.find(destination, now);
        if (known == from.number) {
            // Where it came from, those behind it have it already.
            frame.release();
            return true;
        }
        // Read before the array: a port is in there before it is in the list.
        List<Port> ports = connected;
        Port to = known == StationTable.NONE ? null : byNumber[known];
        return to == null ? flood(from, frame, ports) : to.deliver(frame);
    }

    private static boolean flood(Port from, ByteBuf frame, List<Port> ports) {
        Port last = null;
        boolean taken = false;
        for (int i = 0; i < ports.size(); i++) {
            Port to = ports.get(i);
            if (to == from) {
                continue;
            }
            if (last != null) {
                ByteBuf copy = Unpooled.buffer(frame.readableBytes());
                copy.writeBytes(frame, frame.readerIndex(), frame.readableBytes());
                taken |= last.deliver(copy);
            }
            last = to;
        }
        if (last != null) {
            taken |= last.deliver(frame);
            return taken;
        }
        // Nobody else is there: that is no fault of the sender's.
        frame.release();
        return true;
    }

    private final class Port implements NetBackend {
        private final int number;
        private volatile @Nullable NetPort device;

        private Port(int number) {
            this.number = number;
        }

        /** All that there are: a frame stays as it is between two guests that both take it. */
        @Override
        public FeatureBits offloads() {
            return OffloadCommands.HOST.or(OffloadCommands.GUEST);
        }

        @Override
        public void attach(NetPort port) {
            if (device != null) {
                throw new IllegalStateException("port " + number + " of a switch has a device already");
            }
            device = port;
            connect(this);
        }

        @Override
        public boolean send(ByteBuf frame) {
            return forward(this, frame);
        }

        private boolean deliver(ByteBuf frame) {
            NetPort port = device;
            if (port == null) {
                frame.release();
                return false;
            }
            return port.receive(frame);
        }

        @Override
        public void close() {
            if (device != null) {
                device = null;
                disconnect(this);
            }
        }
    }
}
