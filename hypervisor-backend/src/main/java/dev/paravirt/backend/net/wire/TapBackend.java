// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Errno;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinkEvents;
import dev.paravirt.linux.Linux;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Tap;
import dev.paravirt.spec.FeatureBits;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wire to a TAP device of Linux: the guest is on a network with the kernel, and with whatever the kernel's bridges and
 * routes lead to. Checksums and segmentation are left to the kernel and the driver, whichever needs them done.
 *
 * <p>The link is up while the device is switched on. When it is deleted the link is down, until there is a TAP device of
 * that name again, which is taken as soon as it appears. A device that was moved to another network namespace is out of
 * sight from here, and counts as switched on.
 */
public final class TapBackend implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger(TapBackend.class);
    private static final int BATCH = 64;
    private static final int TRY_AGAIN_MILLIS = 1_000;
    private static final int WAIT_FOR_EVER = -1;

    // What the thread waits for.
    private static final int STOP = 0;
    private static final int LINKS = 1;
    private static final int FRAMES = 2;

    private final String name;
    private final Tap tap;
    private final LinkEvents links;
    private final Eventfd stop;
    private final Epoll epoll;
    private final FeatureBits offloads;
    private final WireTally tally = new WireTally();
    private final MemorySegment buffer = Arena.ofAuto().allocate(Tap.LONGEST, 8);
    private final ByteBuffer input = buffer.asByteBuffer();
    private final Thread thread = Thread.ofPlatform().name("net-tap").daemon().unstarted(this::run);
    private @Nullable NetPort port;

    /** In the bits of the device; guarded by this, so that a device that comes back gets the latest. */
    private int driverOffloads;

    /** Written by the thread. */
    private volatile boolean up;

    // The thread's own.
    private boolean attached = true;
    private boolean refused;

    private TapBackend(String name, Tap tap, LinkEvents links, Eventfd stop, Epoll epoll) throws IOException {
        this.name = name;
        this.tap = tap;
        this.links = links;
        this.stop = stop;
        this.epoll = epoll;
        offloads = TapOffloads.of(tap);
        tap.offloads(driverOffloads);
        epoll.add(stop.descriptor(), STOP);
        epoll.add(links.descriptor(), LINKS);
    }

    /**
     * Attaches to a TAP device. One that is not there is made, which needs CAP_NET_ADMIN, and goes when this is closed.
     *
     * @throws IllegalArgumentException if no interface can have this name
     * @throws IOException if that cannot be; the message says what to do about it
     */
    public static TapBackend open(String name) throws IOException {
        if (!Linux.isSupported()) {
            throw new IOException(
                    "a TAP device needs Linux on x86-64 or AArch64; connect the network over udp or tcp here");
        }
        Tap tap = attach(name);
        LinkEvents links = null;
        Eventfd stop = null;
        Epoll epoll = null;
        boolean done = false;
        try {
            links = LinkEvents.open();
            stop = Eventfd.create();
            epoll = Epoll.create(4);
            TapBackend backend = new TapBackend(name, tap, links, stop, epoll);
            done = true;
            return backend;
        } finally {
            if (!done) {
                close(tap, links, stop, epoll);
            }
        }
    }

    private static Tap attach(String name) throws IOException {
        try {
            return Tap.open(name);
        } catch (LinuxException failure) {
            throw new IOException(advice(name, failure), failure);
        }
    }

    private static String advice(String name, LinuxException failure) {
        String add = "\"ip tuntap add dev " + name + " mode tap user $USER\" and \"ip link set " + name + " up\"";
        boolean cloneDevice = failure.path() != null;
        return failure.getMessage()
                + switch (failure.errno()) {
                    case Errno.EPERM -> "; as root, do " + add;
                    case Errno.EBUSY -> "; another program has " + name + " open: end it, or use another TAP device";
                    case Errno.EINVAL ->
                        "; " + name + " is no TAP device for one queue: delete it, then as root, do " + add;
                    default ->
                        cloneDevice
                                ? "; do \"modprobe tun\" as root, and let a container have --device /dev/net/tun"
                                : "";
                };
    }

    /** What happened to the frames. From any thread. */
    public WireCounters counters() {
        return tally.read();
    }

    @Override
    public FeatureBits offloads() {
        return offloads;
    }

    @Override
    public synchronized void driverOffloads(FeatureBits guest) {
        driverOffloads = TapOffloads.bits(guest);
        try {
            tap.offloads(driverOffloads);
        } catch (LinuxException gone) {
            LOG.debug("a TAP device that comes back gets its offloads then", gone);
        }
    }

    @Override
    public void attach(NetPort device) {
        port = device;
        device.linkUp(false);
        thread.start();
    }

    @Override
    public boolean send(ByteBuf frame) {
        try {
            return tally.sent(up && frame.readableBytes() <= buffer.byteSize() && write(frame));
        } finally {
            frame.release();
        }
    }

    private boolean write(ByteBuf frame) {
        return frame.hasArray()
                ? tap.write(frame.array(), frame.arrayOffset() + frame.readerIndex(), frame.readableBytes())
                : tap.write(MemorySegment.ofBuffer(FrameBytes.view(frame)));
    }

    private void run() {
        NetPort device = port;
        if (device == null) {
            throw new IllegalStateException("not attached");
        }
        Inlet inlet = new Inlet(device, tally, Tap.HEADER);
        try {
            epoll.add(tap.descriptor(), FRAMES);
            look(device);
            while (serve(device, inlet)) {
                // Until it is told to stop.
            }
        } catch (IOException failure) {
            LOG.warn("TAP device {} can no longer be served: {}", name, failure.toString());
            link(device, false);
        }
    }

    /** Waits, and looks after what there is. Returns whether to go on. */
    private boolean serve(NetPort device, Inlet inlet) throws IOException {
        int ready = epoll.await(refused ? TRY_AGAIN_MILLIS : WAIT_FOR_EVER);
        boolean changed = ready == 0;
        for (int result = 0; result < ready; result++) {
            switch ((int) epoll.token(result)) {
                case STOP -> {
                    return false;
                }
                case LINKS -> {
                    links.drain();
                    changed = true;
                }
                default -> changed |= attached && !receive(inlet);
            }
        }
        if (changed) {
            look(device);
        }
        return true;
    }

    /** Delivers what waits. Returns false if the device is gone. */
    private boolean receive(Inlet inlet) throws IOException {
        for (int i = 0; i < BATCH; i++) {
            int length = tap.read(buffer);
            if (length == Tap.GONE) {
                LOG.info("TAP device {} is gone", name);
                epoll.remove(tap.descriptor());
                attached = false;
                return false;
            }
            if (length == Tap.NONE) {
                return true;
            }
            inlet.deliver(input.clear().limit(length));
        }
        return true;
    }

    private void look(NetPort device) throws IOException {
        LinkEvents.State state = links.state(name);
        refused = !attached && state != LinkEvents.State.ABSENT && !attachAgain();
        link(device, attached && state != LinkEvents.State.DOWN);
    }

    private synchronized boolean attachAgain() throws IOException {
        try {
            tap.attach();
            tap.offloads(driverOffloads);
        } catch (LinuxException notYet) {
            // Whoever makes it may not have finished.
            LOG.debug("TAP device {} cannot be taken yet", name, notYet);
            return false;
        }
        epoll.add(tap.descriptor(), FRAMES);
        attached = true;
        LOG.info("TAP device {} is back", name);
        return true;
    }

    private void link(NetPort device, boolean now) {
        if (now != up) {
            up = now;
            device.linkUp(now);
        }
    }

    @Override
    public void close() {
        try {
            stop.signal();
        } catch (LinuxException | IllegalStateException closedAlready) {
            LOG.debug("TAP device {} is closed twice", name, closedAlready);
            return;
        }
        Joining.uninterrupted(thread);
        close(tap, links, stop, epoll);
    }

    private static void close(Tap tap, @Nullable LinkEvents links, @Nullable Eventfd stop, @Nullable Epoll epoll) {
        if (epoll != null) {
            epoll.close();
        }
        if (stop != null) {
            stop.close();
        }
        if (links != null) {
            links.close();
        }
        tap.close();
    }
}
