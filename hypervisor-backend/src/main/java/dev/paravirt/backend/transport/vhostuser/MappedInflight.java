// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.InflightRegion;
import dev.paravirt.spec.ring.QueueSize;
import dev.paravirt.spec.vhostuser.InflightLayout;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory in which queues note what is in flight. The front-end keeps it while no back-end is there, and passes it on to
 * the next one: another process of this program, as the size of a queue's part is ours to choose.
 */
final class MappedInflight implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MappedInflight.class);
    private static final int ALIGNMENT = 16;

    /** What a front-end asks for: queues, and descriptors of each; any numbers. */
    record Shape(int queues, int descriptors) {
        void check(int queueCount) throws RefusedException {
            if (queues < 1 || queues > queueCount || descriptors < 1 || descriptors > QueueSize.MAX) {
                throw new RefusedException("inflight memory for " + queues + " queues of " + descriptors
                        + " descriptors, of a device with " + queueCount + " queues");
            }
        }

        long size() {
            return (long) queues * InflightLayout.queueRegionSize(descriptors);
        }
    }

    private final Shape shape;
    private final Arena arena;
    private final MemoryRegion memory;

    private MappedInflight(Shape shape, Arena arena, MemoryRegion memory) {
        this.shape = shape;
        this.arena = arena;
        this.memory = memory;
    }

    /** Makes memory in which nothing is noted; the caller closes it, once it was sent. */
    static Memfd create(Shape shape) throws RefusedException {
        try {
            return Memfd.create("paravirt-inflight", shape.size());
        } catch (LinuxException failure) {
            throw new RefusedException("there is no memory for what is in flight", failure);
        }
    }

    /**
     * Maps what {@link #create} made, in this process or an earlier one.
     *
     * @param size bytes, as the front-end said: any number, like {@code offset}
     * @param file is closed, whatever happens
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is closed with the memory
    static MappedInflight map(long size, long offset, Shape shape, FileDescriptor file) throws RefusedException {
        try (file) {
            if (size < shape.size() || offset < 0 || offset % ALIGNMENT != 0 || offset > Long.MAX_VALUE - size) {
                throw new RefusedException("no inflight memory: " + Long.toUnsignedString(size) + " bytes at offset "
                        + Long.toUnsignedString(offset) + " for " + shape);
            }
            Arena arena = Arena.ofShared();
            try {
                Memfd whole = Memfd.adopt(file, offset + shape.size(), false);
                MemoryRegion memory = new MemoryRegion(0, whole.map(offset, shape.size(), arena));
                return new MappedInflight(shape, arena, memory);
            } catch (LinuxException | RuntimeException failure) {
                arena.close();
                throw new RefusedException("inflight memory cannot be mapped", failure);
            }
        }
    }

    /** The part of one queue, or null if it has none. */
    @Nullable
    InflightRegion region(int queue) {
        return queue < shape.queues ? part(queue) : null;
    }

    private InflightRegion part(int queue) {
        long offset = (long) queue * InflightLayout.queueRegionSize(shape.descriptors);
        return new InflightRegion(memory, offset, shape.descriptors);
    }

    /** The driver begins anew: nothing is in flight. No queue is served. */
    void forgetAll() {
        for (int queue = 0; queue < shape.queues; queue++) {
            part(queue).forget();
        }
    }

    @Override
    public void close() {
        if (!Memfd.unmap(arena)) {
            LOG.error("inflight memory stays mapped");
        }
    }
}
