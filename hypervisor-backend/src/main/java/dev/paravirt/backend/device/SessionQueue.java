// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.backend.worker.PolledQueue;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One queue of a session: set up and stopped by control threads, served by its worker.
 *
 * <p>Who may change what follows from {@link #state}: control threads, under the session's lock, while the queue is IDLE
 * or SET_UP; the worker while it is RUNNING, PAUSING or STOPPING. Control threads hand the queue over by writing RUNNING,
 * and ask for it by writing STOPPING, or PAUSING if the driver is still to see what is in flight; the worker gives it back
 * by writing IDLE, when nothing is in flight any more.
 */
final class SessionQueue implements QueueContext, PolledQueue {
    /** Chains between two looks at completions and the other queues of the worker. */
    private static final int BATCH = 64;

    /**
     * Chains that are polled before the first of them is processed, and published together: the driver goes on with them
     * while we do the next. Published at the end of a batch, they have both sides wait for each other by turns.
     */
    private static final int AHEAD = 8;

    private static final int IDLE = 0;
    private static final int SET_UP = 1;
    private static final int RUNNING = 2;
    private static final int PAUSING = 3;
    private static final int STOPPING = 4;

    private final DeviceSession session;
    private final VirtioDevice device;
    private final int index;
    private final int maxSize;
    private final QueueWorker worker;
    private final Interrupt interrupt;
    private final AtomicLong notifications = new AtomicLong();
    private final AtomicLong interrupts = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();

    private volatile int state = IDLE;
    private @Nullable DeviceVirtqueue ring;
    private @Nullable Completions completions;

    /** The driver's notifications do not tell when to look: the worker looks all the time. */
    private volatile boolean polled;

    /** Where the ring was when the queue became IDLE by {@link #pause}. */
    private int position;

    /** The device takes requests itself. */
    private boolean taken;

    // The worker's own.
    private boolean armed;

    /** Served at least once since it was started: a device that takes requests itself knows of the queue. */
    private boolean served;

    /** The driver is to be notified, now or after the delay. */
    private boolean unnotified;

    /** The state that the worker found last. */
    private int servedState;

    private long delay;
    private int inFlight;
    private @Nullable DescriptorChain current;
    private final @Nullable DescriptorChain[] ahead = new @Nullable DescriptorChain[AHEAD];

    /** What is wrong with the ring behind the chains that were polled. */
    private @Nullable VirtqueueException broken;

    /** So that the compilers do not find out that looking at memory has no effect. */
    @SuppressWarnings("UnusedVariable")
    private int touched;

    /** What the device pushes now it has not worked on, and the driver is not to see it used. */
    private boolean takingBack;

    /** Chains that were taken back. */
    private final List<DescriptorChain> unused = new ArrayList<>();

    SessionQueue(DeviceSession session, VirtioDevice device, int index, QueueWorker worker, Interrupt interrupt) {
        this.session = session;
        this.device = device;
        this.index = index;
        this.maxSize = device.maxQueueSize(index);
        this.worker = worker;
        this.interrupt = interrupt;
    }

    int maxSize() {
        return maxSize;
    }

    QueueWorker worker() {
        return worker;
    }

    QueueCounters counters() {
        return new QueueCounters(notifications.get(), interrupts.get(), requests.get());
    }

    // Control threads, under the session's lock.

    boolean isIdle() {
        return state == IDLE;
    }

    /** Whether the driver has enabled the queue and not begun to reset it. */
    boolean isEnabled() {
        return state == SET_UP || state == RUNNING;
    }

    /** IDLE to SET_UP. */
    void setUp(DeviceVirtqueue virtqueue) {
        ring = virtqueue;
        completions = new Completions(virtqueue.size());
        taken = device.takesRequests(index);
        armed = true;
        served = false;
        unnotified = false;
        device.enabled(index, true);
        state = SET_UP;
    }

    /** SET_UP to RUNNING. */
    void start() {
        if (state == SET_UP) {
            state = RUNNING;
            worker.wake();
        }
    }

    /** To IDLE in the end; at once if the worker does not have the queue. */
    void stop() {
        if (state == SET_UP) {
            device.enabled(index, false);
            state = IDLE;
        } else if (state == RUNNING || state == PAUSING) {
            device.enabled(index, false);
            state = STOPPING;
            worker.wake();
        }
    }

    /** As {@link #stop}, but the driver sees everything that is in flight, and the queue can go on at its position. */
    void pause() {
        if (state == RUNNING) {
            device.paused(index);
            state = PAUSING;
            worker.wake();
        }
    }

    /** Where the ring stands, after {@link #pause}, once the queue is IDLE. */
    int position() {
        return position;
    }

    void poll(boolean always) {
        polled = always;
        worker.wake();
    }

    /** From any thread: the driver says that there is something. The ring knows. */
    void notified() {
        notifications.incrementAndGet();
        if (state == RUNNING) {
            worker.wake();
        }
    }

    // The worker.

    @Override
    public boolean serve() {
        int now = state;
        DeviceVirtqueue virtqueue = ring;
        Completions finished = completions;
        if (now < RUNNING || virtqueue == null || finished == null) {
            return false;
        }
        servedState = now;
        if (now > RUNNING) {
            boolean seen = now == PAUSING && !session.isBroken();
            if (seen && !taken && virtqueue.hasResubmissions()) {
                // Nobody can tell from the position that these are not done.
                takeRequests(virtqueue);
                return true;
            }
            takingBack = seen;
            try {
                device.quiesce(index, this);
            } finally {
                takingBack = false;
            }
            int ended = takeCompletions(finished, seen ? virtqueue : null);
            return leave(virtqueue, seen) || ended > 0;
        }
        if (session.isBroken()) {
            return takeCompletions(finished, null) > 0;
        }
        served = true;
        boolean worked = takeCompletions(finished, virtqueue) > 0;
        worked |= taken ? device.serve(index, this) : takeRequests(virtqueue) > 0;
        tell(worked && virtqueue.publish());
        return worked;
    }

    private void tell(boolean wanted) {
        unnotified |= wanted;
        if (unnotified) {
            notifyDriver();
        }
    }

    private void notifyDriver() {
        delay = device.notificationDelay(index);
        if (delay <= 0) {
            notifyNow();
        }
    }

    private void notifyNow() {
        unnotified = false;
        interrupts.setOpaque(interrupts.getPlain() + 1);
        interrupt.usedBuffer(index);
    }

    private int takeRequests(DeviceVirtqueue virtqueue) {
        int count = 0;
        int fetched = fetch(virtqueue);
        while (fetched > 0) {
            try {
                processAhead(fetched);
            } finally {
                count += fetched;
                requests.setOpaque(requests.getPlain() + fetched);
            }
            tell(virtqueue.publish());
            fetched = broken == null && count < BATCH ? fetch(virtqueue) : 0;
        }
        VirtqueueException failure = broken;
        if (failure != null) {
            broken = null;
            throw failure;
        }
        return count;
    }

    /**
     * Polls some requests before the first of them is processed. Each lies where another processor wrote it last: looking
     * at all of them first has these transfers take place at the same time.
     */
    private int fetch(DeviceVirtqueue virtqueue) {
        int fetched = 0;
        int bytes = 0;
        try {
            DescriptorChain chain = virtqueue.poll();
            while (chain != null) {
                begin(virtqueue);
                ahead[fetched++] = chain;
                bytes += chain.touch();
                chain = fetched < AHEAD ? virtqueue.poll() : null;
            }
        } catch (VirtqueueException failure) {
            // What was made available before is still to be done.
            broken = failure;
        }
        touched = bytes;
        return fetched;
    }

    private void processAhead(int fetched) {
        int next = 0;
        try {
            while (next < fetched) {
                DescriptorChain chain = ahead[next++];
                if (chain != null) {
                    process(chain);
                }
            }
        } finally {
            // Not zero if one threw: then the others are dropped with it.
            inFlight -= fetched - next;
        }
    }

    /** A chain was polled. */
    private void begin(DeviceVirtqueue virtqueue) {
        if (armed) {
            armed = false;
            virtqueue.disableAvailableNotifications();
        }
        if (inFlight == virtqueue.size()) {
            throw new VirtqueueException("more than " + inFlight + " buffers in a queue of " + inFlight);
        }
        inFlight++;
    }

    private void process(DescriptorChain chain) {
        current = chain;
        try {
            device.process(index, chain, this);
            current = null;
        } finally {
            if (current != null) {
                // It threw, so the chain is ours again.
                current = null;
                inFlight--;
            }
        }
    }

    /** @param virtqueue null if the driver's interest in what the device finishes has ended */
    private int takeCompletions(Completions finished, @Nullable DeviceVirtqueue virtqueue) {
        int count = 0;
        Completions.Completion completion = finished.poll();
        while (completion != null) {
            count++;
            inFlight--;
            DescriptorChain chain = completion.chain();
            long written = completion.written();
            finished.release(completion);
            if (virtqueue != null) {
                virtqueue.push(chain, written);
            }
            completion = finished.poll();
        }
        return count;
    }

    private boolean leave(DeviceVirtqueue virtqueue, boolean seen) {
        if (inFlight > unused.size()) {
            return seen && publish(virtqueue);
        }
        inFlight = 0;
        if (seen) {
            position = stopRing(virtqueue);
        }
        unused.clear();
        ring = null;
        completions = null;
        // Pairs with the read of the state in isIdle: no access of ours to the guest's memory comes after it.
        state = IDLE;
        session.queueStopped();
        return true;
    }

    /** Memory that is gone ends the queue like any other; nobody is left to whom its position matters. */
    private int stopRing(DeviceVirtqueue virtqueue) {
        try {
            publish(virtqueue);
            int stopped = virtqueue.stop(unused);
            if (!unused.isEmpty()) {
                interrupt.usedBuffer(index);
            }
            return stopped;
        } catch (VirtqueueException | InternalError memoryGone) {
            failed(memoryGone);
            return 0;
        }
    }

    /** Without delay: the queue will not be served again soon. */
    private boolean publish(DeviceVirtqueue virtqueue) {
        unnotified |= virtqueue.publish();
        if (!unnotified) {
            return false;
        }
        notifyNow();
        return true;
    }

    @Override
    public boolean arm() {
        int now = state;
        DeviceVirtqueue virtqueue = ring;
        Completions finished = completions;
        if (now < RUNNING || virtqueue == null || finished == null) {
            return true;
        }
        if (!finished.isEmpty()) {
            return false;
        }
        if (now > RUNNING) {
            // Only a device that was asked to give back what it keeps can be waited for.
            return servedState == now && inFlight > unused.size();
        }
        if (session.isBroken()) {
            return true;
        }
        if (taken && (!served || device.isReady(index))) {
            return false;
        }
        if (taken && !device.awaitsRequests(index)) {
            return true;
        }
        if (polled) {
            return false;
        }
        armed = true;
        return virtqueue.enableAvailableNotifications();
    }

    @Override
    public long patienceNanos() {
        return unnotified && state == RUNNING && !session.isBroken() ? delay : Long.MAX_VALUE;
    }

    @Override
    public void failed(Throwable failure) {
        session.fail(index, failure);
    }

    // The device.

    @Override
    public int queue() {
        return index;
    }

    @Override
    public void push(DescriptorChain chain, long written) {
        DeviceVirtqueue virtqueue = ring;
        if (!worker.isCurrentThread() || virtqueue == null) {
            throw new IllegalStateException("push is for the worker of queue " + index + "; others call complete");
        }
        if (chain == current) {
            current = null;
        }
        if (takingBack) {
            unused.add(chain);
            return;
        }
        inFlight--;
        if (state != STOPPING) {
            virtqueue.push(chain, written);
        }
    }

    @Override
    public void complete(DescriptorChain chain, long written) {
        Completions finished = completions;
        if (finished == null) {
            throw new IllegalStateException("queue " + index + " has no request under way");
        }
        finished.add(chain, written);
        worker.wake();
    }

    @Override
    public @Nullable DescriptorChain take() {
        DeviceVirtqueue virtqueue = ring;
        if (!taken || !worker.isCurrentThread() || virtqueue == null) {
            throw new IllegalStateException("take is for devices that serve queue " + index + ", on its worker");
        }
        DescriptorChain chain = virtqueue.poll();
        if (chain != null) {
            begin(virtqueue);
            requests.setOpaque(requests.getPlain() + 1);
        }
        return chain;
    }

    @Override
    public void wake() {
        worker.wake();
    }
}
