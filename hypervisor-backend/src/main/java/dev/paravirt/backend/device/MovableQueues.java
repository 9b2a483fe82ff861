// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.memory.DirtyLog;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.InflightRegion;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a session for a transport that stops and starts them at any time, on behalf of a driver which does not
 * know: while the guest migrates, its memory changes, or its monitor takes another device process. A queue that is paused
 * goes on later as if nothing had been. For any thread.
 */
public final class MovableQueues {
    private final DeviceSession session;

    /** Of a session whose driver has no other way to its queues. */
    public MovableQueues(DeviceSession session) {
        this.session = session;
    }

    /**
     * Changes what the device may reach.
     *
     * @param memory outlives the session, or its own replacement
     * @return BAD_STATE unless all queues are stopped
     */
    public Outcome replaceMemory(GuestMemory memory) {
        synchronized (session) {
            if (!session.isStopped()) {
                return Outcome.BAD_STATE;
            }
            session.memory(memory);
            return Outcome.DONE;
        }
    }

    /**
     * Starts a queue where it, or the same queue of another device process, was paused. Arguments and results are those
     * of {@link DeviceSession#setUpQueue}, except that DRIVER_OK has to be set.
     *
     * @param position see {@link DeviceVirtqueue#resume}
     * @param log where to mark what the device writes, or null
     * @param inflight where to note what is in flight, or null
     */
    public Outcome resume(
            int queue,
            int size,
            long descriptorArea,
            long driverArea,
            long deviceArea,
            int position,
            @Nullable DirtyLog log,
            @Nullable InflightRegion inflight) {
        synchronized (session) {
            VirtqueueFormat format = VirtqueueFormat.of(session.driverFeatures());
            if (size > session.queueMaxSize(queue)
                    || !QueueAreas.isValid(format, size, descriptorArea, driverArea, deviceArea)) {
                return Outcome.INVALID_ARGUMENT;
            }
            SessionQueue chosen = session.queue(queue);
            boolean running = (session.status() & DeviceStatus.DRIVER_OK) != 0;
            if (session.isUnavailable() || !running || !chosen.isIdle()) {
                return Outcome.BAD_STATE;
            }
            try {
                DeviceVirtqueue resumed = DeviceVirtqueue.resume(
                        session.memory(),
                        size,
                        format,
                        descriptorArea,
                        driverArea,
                        deviceArea,
                        position,
                        log,
                        inflight);
                if (session.device().finishesInOrder()) {
                    resumed.goOnBehindUsed();
                }
                chosen.setUp(resumed);
            } catch (VirtqueueException | InternalError outsideOfMemory) {
                return Outcome.BAD_ADDRESS;
            }
            chosen.start();
            return Outcome.DONE;
        }
    }

    /** Begins to pause a queue: what is in flight is finished, and seen by the driver; nothing new is taken. */
    public void pause(int queue) {
        synchronized (session) {
            session.queue(queue).pause();
        }
    }

    /**
     * Waits until a queue is stopped.
     *
     * @param timeoutNanos nanoseconds, 0 or more
     * @return whether that is so
     */
    public boolean awaitStopped(int queue, long timeoutNanos) throws InterruptedException {
        long start = System.nanoTime();
        long left = timeoutNanos;
        synchronized (session) {
            while (!session.isQueueStopped(queue) && left > 0) {
                TimeUnit.NANOSECONDS.timedWait(session, left);
                left = timeoutNanos - (System.nanoTime() - start);
            }
        }
        return session.isQueueStopped(queue);
    }

    /** Where a queue that was paused, and has stopped, is to go on; see {@link DeviceVirtqueue#stop}. */
    public int position(int queue) {
        synchronized (session) {
            return session.queue(queue).position();
        }
    }

    /** Whether the worker looks at a queue all the time, as its driver does not notify. It uses a processor, then. */
    public void poll(int queue, boolean always) {
        session.queue(queue).poll(always);
    }
}
