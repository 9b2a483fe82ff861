// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.MovableQueues;
import dev.paravirt.backend.device.MovableState;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.memory.DirtyLog;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.vhostuser.ProtocolException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rings of one front-end, and when the device serves them: once they are started and enabled, and everything is known
 * that it takes. For what cannot be changed under a ring, the ring is paused. Control thread only.
 */
final class Vrings {
    private static final Logger LOG = LoggerFactory.getLogger(Vrings.class);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int WARN_AFTER = 10;
    private static final int BEFORE_FEATURES = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;
    private static final int ALL_STATUS = BEFORE_FEATURES | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK;

    private final DeviceSession device;
    private final MovableQueues queues;
    private final @Nullable MovableState state;
    private final VringNotifier notifier;
    private final Vring[] rings;

    private FrontEndMemory memory = FrontEndMemory.NONE;
    private @Nullable FeatureBits features;
    private boolean enabledFromTheStart;
    private boolean logging;
    private @Nullable MappedLog log;
    private @Nullable MappedInflight inflight;

    /** @param state what the device keeps for its driver, if it keeps anything */
    Vrings(DeviceSession device, @Nullable MovableState state, VringNotifier notifier) {
        this.device = device;
        this.state = state;
        this.queues = new MovableQueues(device);
        this.notifier = notifier;
        this.rings = new Vring[device.queueCount()];
        for (int index = 0; index < rings.length; index++) {
            int queue = index;
            rings[index] = new Vring(() -> device.notifyQueue(queue));
        }
    }

    int count() {
        return rings.length;
    }

    /** @throws ProtocolException if there is no ring of this index */
    private Vring ring(int index) throws ProtocolException {
        if (index < 0 || index >= rings.length) {
            throw new ProtocolException("ring " + Integer.toUnsignedString(index) + " of " + rings.length);
        }
        return rings[index];
    }

    private Vring stoppedRing(int index) throws ProtocolException {
        Vring ring = ring(index);
        if (ring.running) {
            throw new ProtocolException("ring " + index + " is to change while it is running");
        }
        return ring;
    }

    // What a front-end says of a ring.

    void size(int index, int size) throws ProtocolException {
        stoppedRing(index).size = size;
    }

    void base(int index, int base) throws ProtocolException {
        stoppedRing(index).base(base);
    }

    /** User addresses; also of a ring that is running. */
    void addresses(int index, long descriptorArea, long driverArea, long deviceArea)
            throws ProtocolException, RefusedException {
        Vring ring = ring(index);
        pause(index, ring);
        ring.descriptorArea = descriptorArea;
        ring.driverArea = driverArea;
        ring.deviceArea = deviceArea;
        ring.hasAddresses = true;
        startIfReady(index, ring);
    }

    /**
     * Starts a ring.
     *
     * @param kick rings when there is something in the ring; null if the front-end notifies otherwise, or not at all
     * @param polled whether the device has to look all the time
     */
    void start(int index, @Nullable FileDescriptor kick, boolean polled) throws ProtocolException, RefusedException {
        try {
            Vring ring = ring(index);
            forgetKick(index, ring);
            if (kick != null) {
                device.worker(index).watch(kick, ring.kicked);
                ring.kick = kick;
            }
            ring.polled = polled;
            queues.poll(index, polled);
            ring.started = true;
            startIfReady(index, ring);
        } catch (LinuxException failure) {
            close(kick);
            throw new RefusedException("the kick descriptor of ring " + index + " cannot be watched", failure);
        } catch (ProtocolException failure) {
            close(kick);
            throw failure;
        }
    }

    private static void close(@Nullable FileDescriptor descriptor) {
        if (descriptor != null) {
            descriptor.close();
        }
    }

    private void forgetKick(int index, Vring ring) {
        FileDescriptor kick = ring.kick;
        if (kick != null) {
            ring.kick = null;
            try {
                device.worker(index).unwatch(kick, ring.kicked);
            } catch (LinuxException failure) {
                LOG.debug("a kick descriptor was not watched", failure);
            }
            kick.close();
        }
        if (ring.polled) {
            ring.polled = false;
            queues.poll(index, false);
        }
    }

    /** The message that takes the place of a kick descriptor. */
    void kick(int index) throws ProtocolException, RefusedException {
        Vring ring = ring(index);
        ring.started = true;
        startIfReady(index, ring);
        device.notifyQueue(index);
    }

    void enable(int index, boolean enabled) throws ProtocolException, RefusedException {
        Vring ring = ring(index);
        ring.enabled = enabled;
        if (enabled) {
            startIfReady(index, ring);
        } else if (!enabledFromTheStart) {
            pause(index, ring);
        }
    }

    /** Stops a ring; returns where it stopped. */
    int stop(int index) throws ProtocolException {
        Vring ring = ring(index);
        pause(index, ring);
        ring.started = false;
        forgetKick(index, ring);
        return ring.tellBase();
    }

    void call(int index, @Nullable FileDescriptor descriptor) throws ProtocolException, RefusedException {
        try {
            ring(index);
            notifier.call(index, descriptor);
        } catch (LinuxException failure) {
            throw new RefusedException("the call descriptor of ring " + index + " is not usable", failure);
        } catch (ProtocolException failure) {
            close(descriptor);
            throw failure;
        }
    }

    void error(int index, @Nullable FileDescriptor descriptor) throws ProtocolException, RefusedException {
        try {
            ring(index);
            notifier.error(index, descriptor);
        } catch (LinuxException failure) {
            throw new RefusedException("the err descriptor of ring " + index + " is not usable", failure);
        } catch (ProtocolException failure) {
            close(descriptor);
            throw failure;
        }
    }

    // Serving.

    private void startIfReady(int index, Vring ring) throws RefusedException {
        boolean wanted = ring.started && (ring.enabled || enabledFromTheStart) && ring.size != 0 && ring.hasAddresses;
        FeatureBits chosen = features;
        if (!wanted || ring.running || chosen == null || memory.size() == 0) {
            return;
        }
        try {
            long descriptorArea = memory.toGuest(ring.descriptorArea);
            long driverArea = memory.toGuest(ring.driverArea);
            long deviceArea = memory.toGuest(ring.deviceArea);
            startDevice(chosen);
            int position = ring.start(chosen.has(Features.RING_PACKED));
            MappedLog marks = log;
            DirtyLog written = logging && marks != null ? marks.log() : null;
            MappedInflight notes = inflight;
            Outcome outcome = queues.resume(
                    index,
                    ring.size,
                    descriptorArea,
                    driverArea,
                    deviceArea,
                    position,
                    written,
                    notes != null ? notes.region(index) : null);
            if (outcome != Outcome.DONE) {
                throw new RefusedException("ring " + index + " cannot be started (" + outcome + "): " + ring);
            }
        } catch (RefusedException refused) {
            ring.started = false;
            notifier.ringFailed(index);
            throw refused;
        }
        ring.running = true;
        // What the front-end kicked for before it was watched.
        device.notifyQueue(index);
    }

    /** What the driver did to bring its device to life took place at the front-end; here it is done again. */
    private void startDevice(FeatureBits chosen) throws RefusedException {
        int status = device.status();
        if ((status & DeviceStatus.DEVICE_NEEDS_RESET) != 0 && !isAnyRunning()) {
            resetDevice();
            status = DeviceStatus.RESET;
        }
        if ((status & DeviceStatus.DRIVER_OK) != 0) {
            return;
        }
        boolean negotiated = device.setStatus(BEFORE_FEATURES) == Outcome.DONE
                && device.negotiate(chosen) == Outcome.DONE
                && (device.status() & DeviceStatus.FEATURES_OK) != 0;
        if (negotiated && state != null) {
            state.takeOver();
        }
        boolean done = negotiated && device.setStatus(ALL_STATUS) == Outcome.DONE;
        if (!done) {
            resetDevice();
            throw new RefusedException("the device cannot work with features " + chosen
                    + (chosen.has(Features.VERSION_1) ? "" : "; the driver is one for legacy devices"));
        }
    }

    /** Whether all rings are stopped, as before the first one starts. */
    boolean isSuspended() {
        for (Vring ring : rings) {
            if (ring.started) {
                return false;
            }
        }
        return true;
    }

    private boolean isAnyRunning() {
        for (Vring ring : rings) {
            if (ring.running) {
                return true;
            }
        }
        return false;
    }

    private void pause(int index, Vring ring) {
        if (ring.running) {
            queues.pause(index);
            ring.running = false;
            awaitStopped(index);
            ring.stoppedAt(queues.position(index));
        }
    }

    /** Waits for requests in flight, which end, and for a worker that the front-end holds up, which is helped. */
    private void awaitStopped(int index) {
        boolean interrupted = false;
        boolean stopped = false;
        for (int tries = 0; !stopped; tries++) {
            try {
                stopped = queues.awaitStopped(index, PATIENCE_NANOS);
            } catch (InterruptedException early) {
                interrupted = true;
            }
            if (!stopped) {
                notifier.releaseWorkers();
            }
            if (tries == WARN_AFTER) {
                LOG.warn("ring {} still waits for requests in flight before it can stop", index);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Pauses all rings that are running, at once. */
    private void pauseAll() {
        for (int index = 0; index < rings.length; index++) {
            if (rings[index].running) {
                queues.pause(index);
            }
        }
        for (int index = 0; index < rings.length; index++) {
            pause(index, rings[index]);
        }
    }

    private void startAllReady() throws RefusedException {
        for (int index = 0; index < rings.length; index++) {
            startIfReady(index, rings[index]);
        }
    }

    /** Back to the device's state before any driver; what is in flight is dropped. */
    void resetDevice() {
        Outcome always = device.setStatus(DeviceStatus.RESET);
        assert always == Outcome.DONE;
        for (int index = 0; index < rings.length; index++) {
            awaitStopped(index);
            rings[index].running = false;
        }
        int status = device.status();
        assert status == DeviceStatus.RESET || (status & DeviceStatus.DEVICE_NEEDS_RESET) != 0;
    }

    /** Resets the device by request of the front-end: every ring is stopped and disabled. */
    void reset() {
        resetDevice();
        if (state != null) {
            state.forget();
        }
        MappedInflight notes = inflight;
        if (notes != null) {
            notes.forgetAll();
        }
        for (int index = 0; index < rings.length; index++) {
            Vring ring = rings[index];
            forgetKick(index, ring);
            ring.started = false;
            ring.enabled = false;
            ring.base(0);
        }
    }

    // What concerns all rings.

    /**
     * The driver's choice of features.
     *
     * @param enabled whether rings need not be enabled
     * @param marking whether written pages are logged
     */
    void features(FeatureBits chosen, boolean enabled, boolean marking) throws ProtocolException, RefusedException {
        if (!chosen.equals(features)) {
            if (isAnyRunning()) {
                throw new ProtocolException("other features while rings are running: " + chosen);
            }
            if (features != null) {
                resetDevice();
            }
            features = chosen;
        }
        if (marking != logging) {
            pauseAll();
            logging = marking;
        }
        enabledFromTheStart = enabled;
        startAllReady();
    }

    /** @param marks takes the place of the one before, which is closed */
    void log(MappedLog marks) throws RefusedException {
        pauseAll();
        closeLog();
        log = marks;
        startAllReady();
    }

    /** @param notes takes the place of those before, which are closed */
    void inflight(MappedInflight notes) throws RefusedException {
        pauseAll();
        closeInflight();
        inflight = notes;
        startAllReady();
    }

    private void closeInflight() {
        MappedInflight present = inflight;
        inflight = null;
        if (present != null) {
            present.close();
        }
    }

    private void closeLog() {
        MappedLog present = log;
        log = null;
        if (present != null) {
            present.close();
        }
    }

    FrontEndMemory memory() {
        return memory;
    }

    /** @param other takes the place of the memory before, which is not unmapped here */
    void memory(FrontEndMemory other) throws RefusedException {
        pauseAll();
        memory = other;
        Outcome outcome = queues.replaceMemory(other.guest());
        if (outcome != Outcome.DONE) {
            throw new IllegalStateException("memory cannot be replaced: " + outcome);
        }
        startAllReady();
    }

    /** The device needs a reset: whoever listens on err descriptors is told. */
    void failed() {
        for (int index = 0; index < rings.length; index++) {
            if (rings[index].running) {
                notifier.ringFailed(index);
            }
        }
    }

    /** The front-end is gone, or is to go: what is in flight is finished, then nothing of it is used any more. */
    void close() {
        pauseAll();
        // Whoever comes next is to find what could not be finished.
        closeInflight();
        reset();
        Outcome outcome = queues.replaceMemory(FrontEndMemory.NONE.guest());
        assert outcome == Outcome.DONE;
        memory.unmap();
        memory = FrontEndMemory.NONE;
        closeLog();
    }
}
