// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A UDP port of ours. Datagrams that find its queue full are dropped. */
public final class UdpSocket implements AutoCloseable {
    private static final int MAX_QUEUED_BYTES = 1 << 20;
    /** What a queued datagram costs beside its data, so that empty ones are bounded too. */
    private static final int OVERHEAD = 64;

    private final Udp udp;
    private final int port;
    private final Queue<Datagram> received = new ArrayDeque<>();
    private int queuedBytes;

    UdpSocket(Udp udp, int port) {
        this.udp = udp;
        this.port = port;
    }

    public int port() {
        return port;
    }

    /**
     * Sends one datagram.
     *
     * @throws NetworkException if it does not fit the interface, or there is no way to the address
     */
    public void send(int address, int remotePort, byte[] data) throws NetworkException {
        send(address, remotePort, data, 0, data.length);
    }

    /** As {@link #send(int, int, byte[])}, of a part of an array. */
    public void send(int address, int remotePort, byte[] data, int start, int length) throws NetworkException {
        udp.send(port, address, remotePort, data, start, length);
    }

    /** Whether a datagram can be sent now without getting lost at once. */
    public boolean hasRoom() {
        return udp.hasRoom();
    }

    public boolean pending() {
        return !received.isEmpty();
    }

    /** The next datagram, or null if none has come. */
    public @Nullable Datagram poll() {
        Datagram next = received.poll();
        if (next != null) {
            queuedBytes -= next.data().length + OVERHEAD;
        }
        return next;
    }

    /** The next datagram; null if none comes until the deadline. */
    public @Nullable Datagram receive(Waiting waiting, long deadline) {
        waiting.await(this::pending, deadline);
        return poll();
    }

    boolean offer(Datagram datagram) {
        int cost = datagram.data().length + OVERHEAD;
        if (queuedBytes + cost > MAX_QUEUED_BYTES) {
            return false;
        }
        queuedBytes += cost;
        return received.add(datagram);
    }

    @Override
    public void close() {
        udp.release(this);
    }
}
