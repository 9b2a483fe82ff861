// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes all frames between a device and a backend into a pcapng file, which Wireshark opens, also while it grows. Each
 * frame is copied and written by a thread of its own; if the disk is slower than the network, or full, frames are missing
 * from the file, and counted, while they go on their way all the same. How many is in the file's last block, too.
 *
 * <p>Where the backend takes offloads, frames are as the driver sent them: checksums may be partial, and frames long.
 */
public final class CapturedBackend implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger(CapturedBackend.class);
    private static final int BACKLOG = 4096;

    // In front of each copy.
    private static final int TIME = 0;
    private static final int DIRECTION = 8;
    private static final int FRAME = 12;

    private final NetBackend backend;
    private final PcapngFile file;
    private final int header;
    private final MpscVarHandleArrayQueue<ByteBuf> copies = new MpscVarHandleArrayQueue<>(BACKLOG);
    private final LongAdder missing = new LongAdder();
    private final Thread thread =
            Thread.ofPlatform().name("net-capture").daemon().unstarted(this::run);
    private final long epochNanos = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
    private volatile boolean asleep;
    private volatile boolean closed;

    private CapturedBackend(NetBackend backend, PcapngFile file) {
        this.backend = backend;
        this.file = file;
        this.header = backend.offloads().isEmpty() ? 0 : NetHeader.SIZE;
    }

    /**
     * Begins a capture.
     *
     * @param backend belongs to the capture from now on; also if this fails, it is closed
     * @param file is made, or emptied
     * @throws IOException if it cannot be written
     */
    public static CapturedBackend of(NetBackend backend, Path file) throws IOException {
        try {
            return new CapturedBackend(backend, PcapngFile.create(file));
        } catch (IOException | RuntimeException failure) {
            backend.close();
            throw failure;
        }
    }

    /** Frames that are not in the file because it could not be written fast enough, or at all. */
    public long missing() {
        return missing.sum();
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
        thread.start();
        backend.attach(new NetPort() {
            @Override
            public boolean receive(ByteBuf frame) {
                record(frame, PcapngFile.INBOUND);
                return port.receive(frame);
            }

            @Override
            public void linkUp(boolean up) {
                port.linkUp(up);
            }
        });
    }

    @Override
    public boolean send(ByteBuf frame) {
        record(frame, PcapngFile.OUTBOUND);
        return backend.send(frame);
    }

    private void record(ByteBuf frame, int direction) {
        int length = frame.readableBytes() - header;
        if (length < 0) {
            return;
        }
        ByteBuf copy = PooledByteBufAllocator.DEFAULT.directBuffer(FRAME + length, FRAME + length);
        copy.setLong(TIME, epochNanos + System.nanoTime()).setInt(DIRECTION, direction);
        copy.setBytes(FRAME, frame, frame.readerIndex() + header, length).setIndex(FRAME, FRAME + length);
        if (copies.offer(copy)) {
            // Either the thread sees the copy before it sleeps, or this sees that it sleeps.
            VarHandle.fullFence();
            if (asleep) {
                LockSupport.unpark(thread);
            }
        } else {
            copy.release();
            missing.increment();
        }
    }

    private void run() {
        boolean failed = false;
        while (true) {
            boolean last = closed;
            try {
                boolean wrote = failed ? skip() : write();
                if (!wrote) {
                    if (last) {
                        break;
                    }
                    file.flush();
                    sleep();
                }
            } catch (IOException failure) {
                LOG.warn("the capture ends here, and the network goes on: {}", failure.toString());
                missing.add(file.waiting());
                failed = true;
            }
        }
        if (failed) {
            return;
        }
        try {
            file.writeStatistics(epochNanos + System.nanoTime(), missing.sum());
            file.flush();
        } catch (IOException failure) {
            missing.add(file.waiting());
            LOG.warn("the end of the capture cannot be written: {}", failure.toString());
        }
    }

    private void sleep() {
        asleep = true;
        if (copies.isEmpty() && !closed) {
            LockSupport.park(this);
        }
        asleep = false;
    }

    /** Writes what waits. Returns whether there was something. */
    private boolean write() throws IOException {
        int written = 0;
        ByteBuf copy = copies.poll();
        while (copy != null) {
            try {
                file.writePacket(copy.getLong(TIME), copy.getInt(DIRECTION), FrameBytes.view(copy));
            } catch (IOException failure) {
                missing.increment();
                throw failure;
            } finally {
                copy.release();
            }
            written++;
            copy = copies.poll();
        }
        return written > 0;
    }

    private boolean skip() {
        int skipped = 0;
        ByteBuf copy = copies.poll();
        while (copy != null) {
            copy.release();
            missing.increment();
            skipped++;
            copy = copies.poll();
        }
        return skipped > 0;
    }

    /** Closes the backend, and the file once all is in it. */
    @Override
    public void close() {
        backend.close();
        closed = true;
        LockSupport.unpark(thread);
        Joining.uninterrupted(thread);
        if (skip()) {
            LOG.debug("frames came after the end of the capture");
        }
        Closing.quietly(file);
    }
}
