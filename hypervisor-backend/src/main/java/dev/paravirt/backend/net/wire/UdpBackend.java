// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wire of UDP datagrams, each of which is one Ethernet frame: the format of QEMU's {@code -netdev dgram}, and of
 * {@code socat UDP-LISTEN:7000,reuseaddr TUN:198.18.9.1/24,tun-type=tap,iff-no-pi,iff-up}.
 *
 * <p>There is one peer, and datagrams of others are ignored by the system. The peer is either given, and then the link is
 * always up; or it is whoever sends the first frame, and then the link is down until that, and again when the peer's
 * system says that nobody is there any more: the next to send a frame is the next peer. Datagrams are neither encrypted
 * nor authenticated: let it listen where only friends can reach it.
 */
public final class UdpBackend implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger(UdpBackend.class);
    private static final int BATCH = 64;
    private static final int SOCKET_BUFFER = 1 << 20;

    private final DatagramChannel channel;
    private final Selector selector;
    private final boolean learning;
    private final WireTally tally = new WireTally();
    private final ByteBuffer input = ByteBuffer.allocateDirect(1 << 16);
    private final Thread thread = Thread.ofPlatform().name("net-udp").daemon().unstarted(this::run);
    private @Nullable NetPort port;

    /** Whether there is a peer. Written by the thread of this. */
    private volatile boolean connected;

    /** The peer's system said that nobody is there. */
    private volatile boolean unreachable;

    private volatile boolean closed;

    private UdpBackend(DatagramChannel channel, Selector selector, boolean learning) throws IOException {
        this.channel = channel;
        this.selector = selector;
        this.learning = learning;
        this.connected = !learning;
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * A wire to a given peer.
     *
     * @param local where to receive, or null for any free port
     * @throws IOException if the local address is in use, or cannot be used
     */
    public static UdpBackend to(InetSocketAddress peer, @Nullable InetSocketAddress local) throws IOException {
        return open(local, peer);
    }

    /**
     * A wire to whoever sends the first frame.
     *
     * @param local where to receive; port 0 is any free one
     * @throws IOException if the address is in use, or cannot be used
     */
    public static UdpBackend listen(InetSocketAddress local) throws IOException {
        return open(local, null);
    }

    private static UdpBackend open(@Nullable InetSocketAddress local, @Nullable InetSocketAddress peer)
            throws IOException {
        InetSocketAddress known = peer == null ? local : peer;
        boolean six = known != null && known.getAddress() instanceof Inet6Address;
        DatagramChannel channel =
                DatagramChannel.open(six ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
        try {
            // Bursts of a batch wait in there; the system may grant less.
            channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
            channel.bind(local);
            if (peer != null) {
                channel.connect(peer);
            }
            return new UdpBackend(channel, Selector.open(), peer == null);
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    /** Where it receives. */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    /** What happened to the frames. From any thread. */
    public WireCounters counters() {
        return tally.read();
    }

    @Override
    public void attach(NetPort device) {
        port = device;
        device.linkUp(connected);
        thread.start();
    }

    @Override
    public boolean send(ByteBuf frame) {
        try {
            return tally.sent(connected && !closed && channel.write(FrameBytes.view(frame)) > 0);
        } catch (PortUnreachableException nobody) {
            // The error of an earlier datagram; this one has not been sent.
            unreachable();
            return tally.sent(false);
        } catch (IOException | NotYetConnectedException failure) {
            // Too long for a datagram, no route, or the peer has just gone: an Ethernet loses such a frame as well.
            LOG.debug("a datagram cannot be sent", failure);
            return tally.sent(false);
        } finally {
            frame.release();
        }
    }

    private void unreachable() {
        if (learning) {
            unreachable = true;
            selector.wakeup();
        }
    }

    private void run() {
        NetPort device = port;
        if (device == null) {
            throw new IllegalStateException("not attached");
        }
        Inlet inlet = new Inlet(device, tally, 0);
        try {
            while (!closed) {
                selector.select();
                selector.selectedKeys().clear();
                if (unreachable) {
                    forget(device);
                }
                if (connected) {
                    receive(inlet);
                } else if (learn(inlet)) {
                    device.linkUp(true);
                }
            }
        } catch (IOException failure) {
            LOG.warn("datagrams can no longer be received: {}", failure.toString());
            connected = false;
            device.linkUp(false);
        }
    }

    private void receive(Inlet inlet) throws IOException {
        for (int i = 0; i < BATCH && !closed; i++) {
            try {
                int length = channel.read(input.clear());
                if (length <= 0) {
                    // Nothing, or an empty datagram: then the selector finds what is behind it.
                    return;
                }
            } catch (PortUnreachableException nobody) {
                unreachable();
                return;
            }
            inlet.deliver(input.flip());
        }
    }

    /** Takes the sender of a frame as the peer. Returns whether there was one. */
    private boolean learn(Inlet inlet) throws IOException {
        SocketAddress peer = channel.receive(input.clear());
        if (peer == null || !inlet.deliver(input.flip())) {
            return false;
        }
        // Connecting throws away what waits.
        SocketAddress next = channel.receive(input.clear());
        for (int i = 0; i < BATCH && next != null; i++) {
            if (next.equals(peer)) {
                inlet.deliver(input.flip());
            }
            next = channel.receive(input.clear());
        }
        channel.connect(peer);
        connected = true;
        LOG.info("the peer of UDP {} is {}", channel.getLocalAddress(), peer);
        return true;
    }

    private void forget(NetPort device) throws IOException {
        unreachable = false;
        LOG.info("the peer of UDP {} is gone", channel.getLocalAddress());
        connected = false;
        channel.disconnect();
        // Whoever sees the link down may be the next peer.
        device.linkUp(false);
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        Joining.uninterrupted(thread);
        Closing.quietly(selector, channel);
    }
}
