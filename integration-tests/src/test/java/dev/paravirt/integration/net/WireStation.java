// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.toyos.net.NetworkInterface;
import dev.paravirt.toyos.net.NetworkStack;
import dev.paravirt.toyos.net.Waiting;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The toy OS's network stack straight on a wire, without a device between: a station for tests. For one thread. */
final class WireStation implements NetworkInterface, NetPort, Waiting, AutoCloseable {
    private static final int BACKLOG = 4096;
    private static final int MTU = 1500;

    private final NetBackend backend;
    private final long mac;
    private final long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    final NetworkStack stack;

    // Guarded by this.
    private final Queue<byte[]> frames = new ArrayDeque<>();
    private boolean up;

    WireStation(NetBackend backend, long mac) {
        this.backend = backend;
        this.mac = mac;
        stack = new NetworkStack(this, System::nanoTime, new Random(mac), this);
        backend.attach(this);
    }

    // The wire's side.

    @Override
    public boolean receive(ByteBuf frame) {
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        frame.release();
        synchronized (this) {
            if (frames.size() < BACKLOG) {
                frames.add(bytes);
                notifyAll();
            }
        }
        return true;
    }

    @Override
    public synchronized void linkUp(boolean now) {
        up = now;
        notifyAll();
    }

    synchronized void awaitLink(boolean wanted) throws InterruptedException {
        while (up != wanted) {
            wait(remaining());
        }
    }

    private long remaining() {
        long left = TimeUnit.NANOSECONDS.toMillis(patience - System.nanoTime());
        if (left <= 0) {
            throw new AssertionError("nothing happens any more");
        }
        return left;
    }

    // The stack's side.

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public boolean send(byte[] frame, int start, int length) {
        backend.send(Unpooled.copiedBuffer(frame, start, length));
        return true;
    }

    @Override
    public synchronized boolean pending() {
        return !frames.isEmpty();
    }

    @Override
    public synchronized int receive(byte[] frame) {
        byte[] next = frames.poll();
        if (next == null) {
            return 0;
        }
        System.arraycopy(next, 0, frame, 0, Math.min(next.length, frame.length));
        return next.length;
    }

    @Override
    public void await(BooleanSupplier condition, long deadline) {
        stack.poll();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            long limit = Math.min(deadline, stack.deadline());
            remaining();
            synchronized (this) {
                long left = limit == Long.MAX_VALUE ? Long.MAX_VALUE : (limit - System.nanoTime()) / 1_000_000 + 1;
                if (frames.isEmpty() && left > 0) {
                    try {
                        wait(Math.min(left, remaining()));
                    } catch (InterruptedException nobodyDoes) {
                        throw new AssertionError(nobodyDoes);
                    }
                }
            }
            stack.poll();
        }
    }

    @Override
    public void close() {
        backend.close();
    }
}
