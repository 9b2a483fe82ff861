// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One device as one driver sees it, on whatever transport: device status, feature negotiation, configuration space and
 * virtqueues (VIRTIO 1.4, "Basic Facilities of a Virtio Device"). A transport turns its registers, messages or calls into
 * calls of this class, and notifies the driver through its {@link Interrupt}.
 *
 * <p>For any thread. No method waits for the driver, for a worker or for I/O, except {@link #awaitStopped} and
 * {@link #close}. What a driver or device does wrong ends in an {@link Outcome} or in DEVICE_NEEDS_RESET, never in an
 * exception.
 */
public final class DeviceSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceSession.class);
    private static final long WARN_AFTER_MILLIS = TimeUnit.SECONDS.toMillis(10);
    private static final int NEGOTIABLE = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;

    private final VirtioDevice device;
    private final Interrupt interrupt;
    private final FeatureBits offered;
    private final SessionQueue[] queues;

    // Guarded by this.
    private GuestMemory memory;
    private int status = DeviceStatus.RESET;
    private FeatureBits negotiated = FeatureBits.NONE;
    private int generation;
    private boolean resetting;
    private boolean closed;
    private boolean warned;

    /** DEVICE_NEEDS_RESET is set: no queue is served. Read by workers. */
    private volatile boolean broken;

    private DeviceSession(
            VirtioDevice device,
            GuestMemory memory,
            FeatureBits transportFeatures,
            Interrupt interrupt,
            List<QueueWorker> workers) {
        this.device = device;
        this.memory = memory;
        this.interrupt = interrupt;
        this.offered = FeatureOffer.of(device, transportFeatures);
        this.queues = new SessionQueue[device.queueCount()];
        for (int queue = 0; queue < queues.length; queue++) {
            queues[queue] = new SessionQueue(this, device, queue, workers.get(queue % workers.size()), interrupt);
        }
    }

    /**
     * Starts a session, with the device in the state after reset.
     *
     * @param device belongs to the session, which closes it
     * @param memory all that the device may reach; outlives the session
     * @param transportFeatures the device-independent features that may be offered, such as {@link Features#MMIO}; those
     *     that queues do not implement are left out
     * @param workers serve the queues, by turns; they outlive the session
     */
    public static DeviceSession start(
            VirtioDevice device,
            GuestMemory memory,
            FeatureBits transportFeatures,
            Interrupt interrupt,
            List<QueueWorker> workers) {
        if (workers.isEmpty()) {
            throw new IllegalArgumentException("a device needs at least one worker");
        }
        DeviceSession session = new DeviceSession(device, memory, transportFeatures, interrupt, workers);
        device.attach(session.new Host());
        for (SessionQueue queue : session.queues) {
            queue.worker().add(queue);
        }
        return session;
    }

    /** Device ID, see {@link DeviceType}. */
    public int deviceType() {
        return device.deviceType();
    }

    /** All features that the device offers. */
    public FeatureBits deviceFeatures() {
        return offered;
    }

    /** The features that were negotiated; none before FEATURES_OK is set. */
    public synchronized FeatureBits driverFeatures() {
        return negotiated;
    }

    // Device status.

    /** The device status field. After a reset was asked for, it is 0 once that is complete. */
    public synchronized int status() {
        finishReset();
        return status;
    }

    /**
     * Writes the device status field (VIRTIO 1.4, "Device Status Field"). 0 begins a reset, see {@link #status()}.
     *
     * @param value any number
     * @return INVALID_ARGUMENT for bits that VIRTIO does not define; BAD_STATE if a bit that is set is missing, if
     *     FEATURES_OK is new (see {@link #negotiate}), if DRIVER_OK is new without it, or during a reset.
     *     DEVICE_NEEDS_RESET and SUSPEND are ignored.
     */
    public synchronized Outcome setStatus(int value) {
        if (value == DeviceStatus.RESET) {
            if (!closed) {
                beginReset();
                finishReset();
            }
            return Outcome.DONE;
        }
        if ((value & ~DeviceStatus.ALL) != 0) {
            return Outcome.INVALID_ARGUMENT;
        }
        int before = status & ~DeviceStatus.DEVICE_NEEDS_RESET;
        int added = value & ~status & ~(DeviceStatus.DEVICE_NEEDS_RESET | DeviceStatus.SUSPEND);
        boolean early = (added & DeviceStatus.DRIVER_OK) != 0 && (before & DeviceStatus.FEATURES_OK) == 0;
        if (isUnavailable() || (before & ~value) != 0 || (added & DeviceStatus.FEATURES_OK) != 0 || early) {
            return Outcome.BAD_STATE;
        }
        status = status | added;
        if ((added & DeviceStatus.DRIVER_OK) != 0) {
            for (SessionQueue queue : queues) {
                queue.start();
            }
        }
        return Outcome.DONE;
    }

    /**
     * Writes the driver's choice of features, then FEATURES_OK, which {@link #status()} shows if the device accepts the
     * choice. Otherwise the driver may choose again.
     *
     * @return BAD_STATE unless ACKNOWLEDGE and DRIVER are set and FEATURES_OK is not
     */
    public synchronized Outcome negotiate(FeatureBits driverFeatures) {
        if (isUnavailable() || (status & NEGOTIABLE) != NEGOTIABLE || (status & DeviceStatus.FEATURES_OK) != 0) {
            return Outcome.BAD_STATE;
        }
        try {
            if (offered.hasAll(driverFeatures)
                    && driverFeatures.has(Features.VERSION_1)
                    && device.accepts(driverFeatures)) {
                device.negotiated(driverFeatures);
                negotiated = driverFeatures;
                status = status | DeviceStatus.FEATURES_OK;
            }
        } catch (RuntimeException failure) {
            fail("the device failed to negotiate " + driverFeatures, failure);
        }
        return Outcome.DONE;
    }

    boolean isUnavailable() {
        return resetting || closed;
    }

    private void beginReset() {
        resetting = true;
        for (SessionQueue queue : queues) {
            queue.stop();
        }
    }

    private synchronized void finishReset() {
        if (!resetting || !isStopped()) {
            return;
        }
        try {
            device.reset();
        } catch (RuntimeException failure) {
            // What is left of the driver before is not for the next one: the status stays, and the reset is tried
            // again.
            fail("the device failed to reset", failure);
            return;
        }
        negotiated = FeatureBits.NONE;
        broken = false;
        resetting = false;
        status = DeviceStatus.RESET;
    }

    boolean isStopped() {
        for (SessionQueue queue : queues) {
            if (!queue.isIdle()) {
                return false;
            }
        }
        return true;
    }

    // Configuration space.

    /** Bytes of the device configuration space. */
    public int configSize() {
        return device.configSize();
    }

    /**
     * Reads the configuration space, all of one moment.
     *
     * @return the configuration generation to which the bytes belong
     * @throws IndexOutOfBoundsException if the range does not lie in the configuration space or the array
     */
    public synchronized int readConfig(int offset, byte[] destination, int start, int length) {
        checkConfig(offset, destination, start, length);
        if (closed) {
            Arrays.fill(destination, start, start + length, (byte) 0);
            return generation;
        }
        try {
            device.readConfig(offset, destination, start, length);
        } catch (RuntimeException failure) {
            Arrays.fill(destination, start, start + length, (byte) 0);
            fail("the device failed to read its configuration", failure);
        }
        return generation;
    }

    /**
     * Writes the configuration space, in one step.
     *
     * @throws IndexOutOfBoundsException if the range does not lie in the configuration space or the array
     */
    public synchronized void writeConfig(int offset, byte[] source, int start, int length) {
        checkConfig(offset, source, start, length);
        if (closed) {
            return;
        }
        try {
            device.writeConfig(offset, source, start, length);
        } catch (RuntimeException failure) {
            fail("the device failed to write its configuration", failure);
        }
    }

    private void checkConfig(int offset, byte[] bytes, int start, int length) {
        Objects.checkFromIndexSize(offset, length, configSize());
        Objects.checkFromIndexSize(start, length, bytes.length);
    }

    /** Changes whenever the configuration space may look different; any number. */
    public synchronized int configGeneration() {
        return generation;
    }

    // Virtqueues.

    /** One more than the highest virtqueue index. */
    public int queueCount() {
        return queues.length;
    }

    /** The largest size of a queue, in descriptors; 0 if there is no queue of this index, which may be any number. */
    public int queueMaxSize(int queue) {
        return queue >= 0 && queue < queues.length ? queues[queue].maxSize() : 0;
    }

    /**
     * Configures a queue and enables it. It is served from DRIVER_OK on.
     *
     * @param queue any number, like the others: the driver gave them
     * @return INVALID_ARGUMENT if there is no such queue, or for a wrong size or alignment; BAD_STATE unless FEATURES_OK
     *     is set, or if the queue is not stopped, or if DRIVER_OK is set and RING_RESET was not negotiated; BAD_ADDRESS
     *     if an area does not lie within one memory region. Checked in this order.
     */
    public synchronized Outcome setUpQueue(int queue, int size, long descriptorArea, long driverArea, long deviceArea) {
        VirtqueueFormat format = VirtqueueFormat.of(negotiated);
        if (size > queueMaxSize(queue) || !QueueAreas.isValid(format, size, descriptorArea, driverArea, deviceArea)) {
            return Outcome.INVALID_ARGUMENT;
        }
        SessionQueue chosen = queues[queue];
        boolean running = (status & DeviceStatus.DRIVER_OK) != 0;
        if (isUnavailable()
                || (status & DeviceStatus.FEATURES_OK) == 0
                || !chosen.isIdle()
                || (running && !negotiated.has(Features.RING_RESET))) {
            return Outcome.BAD_STATE;
        }
        try {
            chosen.setUp(DeviceVirtqueue.create(memory, size, format, descriptorArea, driverArea, deviceArea));
        } catch (VirtqueueException | InternalError outsideOfMemory) {
            return Outcome.BAD_ADDRESS;
        }
        if (running) {
            chosen.start();
        }
        return Outcome.DONE;
    }

    /**
     * Begins to reset one queue (VIRTIO 1.4, "Virtqueue Reset"), which is complete when {@link #isQueueStopped} says so.
     *
     * @return INVALID_ARGUMENT if there is no such queue, BAD_STATE if RING_RESET was not negotiated
     */
    public synchronized Outcome resetQueue(int queue) {
        boolean permitted = queueMaxSize(queue) == 0 || negotiated.has(Features.RING_RESET);
        return permitted ? stopQueue(queue) : Outcome.BAD_STATE;
    }

    /**
     * Begins to take a queue out of use, whatever was negotiated, as virtio-mmio can by writing 0 to QueueReady.
     *
     * @return INVALID_ARGUMENT if there is no such queue
     */
    public synchronized Outcome stopQueue(int queue) {
        if (queueMaxSize(queue) == 0) {
            return Outcome.INVALID_ARGUMENT;
        }
        queues[queue].stop();
        return Outcome.DONE;
    }

    /** Whether the device is done with a queue and its memory; true for any index that is none. */
    public boolean isQueueStopped(int queue) {
        return queueMaxSize(queue) == 0 || queues[queue].isIdle();
    }

    /** Whether a queue is set up and no reset of it has begun. */
    public boolean isQueueEnabled(int queue) {
        return queueMaxSize(queue) != 0 && queues[queue].isEnabled();
    }

    /** An available buffer notification. A hint: the ring decides. Neither locks nor allocates. */
    public void notifyQueue(int queue) {
        if (queueMaxSize(queue) != 0) {
            queues[queue].notified();
        }
    }

    /** What happened on a queue so far. */
    public QueueCounters counters(int queue) {
        return queues[queue].counters();
    }

    /** The worker that serves a queue. */
    public QueueWorker worker(int queue) {
        return queues[queue].worker();
    }

    /** The queue of this index, which there is. */
    SessionQueue queue(int queue) {
        return queues[queue];
    }

    VirtioDevice device() {
        return device;
    }

    /** All memory that the device may reach; under the lock. */
    GuestMemory memory() {
        return memory;
    }

    /** Under the lock, while all queues are stopped. */
    void memory(GuestMemory other) {
        memory = other;
    }

    // Failure and end.

    boolean isBroken() {
        return broken;
    }

    /** A worker met this while it served a queue. */
    void fail(int queue, Throwable failure) {
        if (failure instanceof VirtqueueException malformed) {
            fail("queue " + queue + ": " + malformed.getMessage(), null);
        } else {
            fail("queue " + queue + " cannot be served", failure);
        }
    }

    /**
     * Sets DEVICE_NEEDS_RESET on behalf of the transport, for what its driver did wrong.
     *
     * @param reason for the log
     */
    public void needsReset(String reason) {
        fail(reason, null);
    }

    synchronized void fail(String reason, @Nullable Throwable failure) {
        if (broken || closed) {
            return;
        }
        broken = true;
        // A driver can bring this about as often as it likes; the log is not its to fill.
        LOG.atLevel(warned ? Level.DEBUG : Level.WARN)
                .setCause(failure)
                .log("{} needs a reset by its driver: {}", DeviceType.describe(deviceType()), reason);
        warned = true;
        status = status | DeviceStatus.DEVICE_NEEDS_RESET;
        if ((status & DeviceStatus.DRIVER_OK) != 0) {
            interrupt.configurationChanged();
        }
    }

    /** A worker has given a queue back. */
    synchronized void queueStopped() {
        notifyAll();
    }

    /**
     * Waits until no queue is in use, as after a reset that was asked for.
     *
     * @param timeoutNanos nanoseconds, 0 or more
     * @return whether that is so
     */
    public synchronized boolean awaitStopped(long timeoutNanos) throws InterruptedException {
        long start = System.nanoTime();
        long left = timeoutNanos;
        while (!isStopped() && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = timeoutNanos - (System.nanoTime() - start);
        }
        return isStopped();
    }

    /**
     * Ends the session as if the driver had reset the device, then closes the device. Waits for I/O in flight: when this
     * returns nothing of the device uses guest memory.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            beginReset();
        }
        awaitStoppedUninterrupted();
        finishReset();
        for (SessionQueue queue : queues) {
            queue.worker().remove(queue);
        }
        try {
            device.close();
        } catch (RuntimeException failure) {
            LOG.warn("{} cannot be closed", DeviceType.describe(deviceType()), failure);
        }
    }

    private void awaitStoppedUninterrupted() {
        boolean interrupted = false;
        boolean stopped = false;
        while (!stopped) {
            try {
                stopped = awaitStopped(TimeUnit.MILLISECONDS.toNanos(WARN_AFTER_MILLIS));
                if (!stopped) {
                    LOG.warn("{} still waits for I/O in flight before it can end", DeviceType.describe(deviceType()));
                }
            } catch (InterruptedException early) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the device may say; not the device's to call the rest of the session. */
    private final class Host implements DeviceHost {
        @Override
        public void changeConfiguration(Runnable change) {
            synchronized (DeviceSession.this) {
                change.run();
                generation++;
                if ((status & DeviceStatus.DRIVER_OK) != 0 && !resetting) {
                    interrupt.configurationChanged();
                }
            }
        }

        @Override
        public void needsReset(String reason) {
            fail(reason, null);
        }
    }
}
