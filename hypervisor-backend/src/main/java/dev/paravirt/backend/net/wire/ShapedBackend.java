// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import dev.paravirt.spec.FeatureBits;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts the faults of real networks between a device and a backend: loss, duplication, delay, reordering, a rate. For
 * tests: a frame that is delayed costs a small allocation. Whoever sends a frame never waits; a thread of this passes
 * delayed ones on when their time has come, and sleeps until then.
 */
public final class ShapedBackend implements NetBackend {
    private final NetBackend backend;
    private final ShapedPath out;
    private final ShapedPath in;
    private final Thread thread = Thread.ofPlatform().name("net-shape").daemon().unstarted(this::run);
    private volatile NetPort device = new Nobody();

    /** Until when the thread sleeps, by {@link System#nanoTime}; in the past while it is awake. */
    private volatile long asleepUntil = System.nanoTime();

    private volatile boolean closed;

    /** @param backend belongs to this from now on */
    public ShapedBackend(NetBackend backend, Shape shape) {
        this.backend = backend;
        this.out = new ShapedPath(shape, shape.seed(), backend::send, this::wake);
        this.in = new ShapedPath(shape, ~shape.seed(), frame -> device.receive(frame), this::wake);
    }

    /** What happened to the frames that the driver sent. */
    public ShapeCounters sent() {
        return out.counters();
    }

    /** What happened to the frames for the driver. */
    public ShapeCounters received() {
        return in.counters();
    }

    @Override
    public FeatureBits offloads() {
        return backend.offloads();
    }

    @Override
    public void driverOffloads(FeatureBits guest) {
        backend.driverOffloads(guest);
    }

    @Override
    public void attach(NetPort port) {
        device = port;
        thread.start();
        backend.attach(new NetPort() {
            @Override
            public boolean receive(ByteBuf frame) {
                return in.pass(frame);
            }

            @Override
            public void linkUp(boolean up) {
                port.linkUp(up);
            }
        });
    }

    @Override
    public boolean send(ByteBuf frame) {
        return out.pass(frame);
    }

    private void wake(long due) {
        if (due - asleepUntil < 0) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            long now = System.nanoTime();
            long next = Math.min(out.forward(now) - now, in.forward(now) - now);
            // A frame that comes now is either seen here, or sees that this sleeps.
            asleepUntil = now + next;
            if (next > 0 && !out.hasNews() && !in.hasNews() && !closed) {
                LockSupport.parkNanos(this, next);
            }
            asleepUntil = System.nanoTime() - 1;
        }
    }

    /** Closes the backend; what is still under way is lost. */
    @Override
    public void close() {
        backend.close();
        closed = true;
        LockSupport.unpark(thread);
        Joining.uninterrupted(thread);
        out.drop();
        in.drop();
    }

    /** Where frames go before there is a device. */
    private static final class Nobody implements NetPort {
        @Override
        public boolean receive(ByteBuf frame) {
            frame.release();
            return false;
        }

        @Override
        public void linkUp(boolean up) {}
    }
}
