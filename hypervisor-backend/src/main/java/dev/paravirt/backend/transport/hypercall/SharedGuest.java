// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.linux.SignalPipe;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that one guest process shares with the hypervisor: guest memory, control memory, doorbells and interrupt
 * lines. It is made for one guest and never given to a second.
 */
public final class SharedGuest implements AutoCloseable {
    private static final long GREETING_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final Logger LOG = LoggerFactory.getLogger(SharedGuest.class);

    private final GuestShape shape;
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<FileDescriptor> sent = new ArrayList<>();
    private final List<MemorySegment> memory = new ArrayList<>();
    private final List<Eventfd> doorbells = new ArrayList<>();
    private final List<SharedLine> lines = new ArrayList<>();
    private final SharedWords control;
    private final Eventfd call;
    private final SignalPipe reply;

    /** Makes all of it; what was made is given back if the rest cannot be. */
    SharedGuest(GuestShape shape) throws LinuxException {
        this.shape = shape;
        try {
            // In the order of TwoProcessHello.
            control = new SharedWords(share("paravirt-control", ControlLayout.size(shape.doorbells(), shape.lines())));
            for (GuestShape.Region region : shape.regions()) {
                memory.add(share("paravirt-memory", region.size()));
            }
            call = shareEventfd();
            reply = sharePipe();
            for (int doorbell = 0; doorbell < shape.doorbells(); doorbell++) {
                doorbells.add(shareEventfd());
            }
            for (int line = 0; line < shape.lines(); line++) {
                lines.add(new SharedLine(control, sharePipe(), shape.doorbells(), line));
            }
        } catch (LinuxException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private MemorySegment share(String name, long size) throws LinuxException {
        Memfd memfd = Memfd.create(name, size);
        owned.add(memfd);
        sent.add(memfd.descriptor());
        return memfd.map(0, size, arena);
    }

    private Eventfd shareEventfd() throws LinuxException {
        Eventfd eventfd = Eventfd.create();
        owned.add(eventfd);
        sent.add(eventfd.descriptor());
        return eventfd;
    }

    /** What the guest waits on is a pipe: it could make our signal on an eventfd hang. */
    private SignalPipe sharePipe() throws LinuxException {
        SignalPipe pipe = SignalPipe.create();
        owned.add(pipe);
        sent.add(pipe.readEnd());
        return pipe;
    }

    /** Sends the one message of the hypervisor. */
    void greet(UnixSocket guest) throws LinuxException {
        List<GuestShape.Region> regions = shape.regions();
        try (Arena local = Arena.ofConfined()) {
            MemorySegment hello = local.allocate(TwoProcessHello.size(regions.size()), 8);
            hello.set(LE64, TwoProcessHello.MAGIC_FIELD, TwoProcessHello.MAGIC);
            hello.set(LE32, TwoProcessHello.VERSION, Hypercall.version(Hypercall.MAJOR, Hypercall.MINOR));
            hello.set(LE32, TwoProcessHello.REGION_COUNT, regions.size());
            hello.set(LE32, TwoProcessHello.DOORBELL_COUNT, shape.doorbells());
            hello.set(LE32, TwoProcessHello.LINE_COUNT, shape.lines());
            hello.set(LE64, TwoProcessHello.CONTROL_SIZE, control.byteSize());
            for (int index = 0; index < regions.size(); index++) {
                int entry = TwoProcessHello.region(index);
                hello.set(
                        LE64,
                        entry + TwoProcessHello.REGION_GPA,
                        regions.get(index).address());
                hello.set(
                        LE64,
                        entry + TwoProcessHello.REGION_LENGTH,
                        regions.get(index).size());
            }
            guest.send(hello, sent, GREETING_NANOS);
        }
    }

    /** Returns what was asked for when the server was started. */
    public GuestShape shape() {
        return shape;
    }

    /** Returns the bytes of a memory region, valid until the guest is gone. */
    public MemorySegment region(int index) {
        return memory.get(index);
    }

    /**
     * Returns the descriptor that becomes readable when the guest rings a doorbell. Watch it edge-triggered and never
     * read it: the guest shares it, and could make a read block.
     */
    public FileDescriptor doorbell(int doorbell) {
        return doorbells.get(doorbell).descriptor();
    }

    /** Returns the notification data of a doorbell's latest notification, as the guest says. */
    public int notificationData(int doorbell) {
        return control.getIntAcquire(ControlLayout.doorbell(doorbell));
    }

    /**
     * Adds reasons to an interrupt line and wakes the guest if it sleeps there. From any thread, without lock or
     * allocation. Everything written to guest memory before is visible to the guest that takes the reasons.
     *
     * @param line 0 to {@code shape().lines() - 1}
     * @param reasons bits of {@link dev.paravirt.spec.InterruptStatus}
     */
    public void raise(int line, int reasons) {
        lines.get(line).raise(reasons);
    }

    SharedWords control() {
        return control;
    }

    FileDescriptor callDescriptor() {
        return call.descriptor();
    }

    void signalReply() throws LinuxException {
        reply.signal();
    }

    /**
     * Unmaps the memory and closes every descriptor. All users have stopped by now; a system call that still runs on
     * this memory is waited for.
     */
    @Override
    public void close() {
        for (AutoCloseable descriptor : owned) {
            try {
                descriptor.close();
            } catch (Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        if (!Memfd.unmap(arena)) {
            LOG.error("memory of a guest that is gone stays mapped: a system call on it does not end");
        }
    }
}
