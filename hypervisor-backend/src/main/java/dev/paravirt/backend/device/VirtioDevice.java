// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;

/**
 * A device of some type, without anything that all types and transports have in common: a {@link DeviceSession} adds
 * status, negotiation, virtqueues and notifications.
 *
 * <p>Two kinds of threads call it. <em>Control</em> calls come one at a time. {@link #process} is called by worker
 * threads: for one queue always by the same, for two queues perhaps by two at once, and at the same time as control
 * calls. Neither may wait for the other, nor for long: a worker that waits holds up every queue that it serves.
 *
 * <p>An exception out of any of these methods, other than {@link #close}, is taken for a driver or device gone wrong:
 * the session sets DEVICE_NEEDS_RESET, and other devices go on.
 */
public interface VirtioDevice extends AutoCloseable {
    /** Device ID, see {@link dev.paravirt.spec.DeviceType}. Never changes. */
    int deviceType();

    /**
     * The device-specific feature bits that it offers. VERSION_1 and those of rings are the session's to offer; here they
     * are ignored. Asked once, when the session is made.
     */
    FeatureBits features();

    /** One more than the highest virtqueue index, 0 to 65536. Never changes. */
    int queueCount();

    /**
     * The largest size of a queue, in descriptors: a power of two of at most 32768, or 0 if there is no queue of this
     * index. Never changes.
     *
     * @param queue 0 to {@code queueCount() - 1}
     */
    int maxQueueSize(int queue);

    /** Bytes of the device configuration space. Never changes. */
    int configSize();

    /**
     * Reads the configuration space. Control; no change made in {@link DeviceHost#changeConfiguration} happens meanwhile.
     *
     * @param offset of the first byte; the whole range lies within {@link #configSize}
     */
    void readConfig(int offset, byte[] destination, int start, int length);

    /**
     * A driver writes to the configuration space. Control. What must not be written, or not like this, is ignored.
     *
     * @param offset of the first byte; the whole range lies within {@link #configSize}
     */
    void writeConfig(int offset, byte[] source, int start, int length);

    /**
     * Whether the device can work with a driver's choice, which is a part of what was offered. Control; FEATURES_OK stays
     * clear if it cannot. For dependencies such as "CONFIG_WCE only together with FLUSH".
     */
    default boolean accepts(FeatureBits driverFeatures) {
        return true;
    }

    /**
     * FEATURES_OK is set: from now on, until {@link #reset}, the device behaves as this choice says. Control; before any
     * queue is served.
     *
     * @param driverFeatures all of them, those of rings included
     */
    void negotiated(FeatureBits driverFeatures);

    /**
     * The session that the device belongs to, for what the device has to say on its own. Called once, before all other
     * control calls.
     */
    void attach(DeviceHost host);

    /**
     * A queue was set up, or is not to be used any more because it is being reset, alone or with the device. Control.
     *
     * @param on whether it was set up
     */
    default void enabled(int queue, boolean on) {}

    /**
     * A queue is not to be used for a while, and the driver does not know: it will be {@link #enabled} again as it was, of this
     * device or of another one that the guest has moved to. Requests that {@link #quiesce} gives back come again, in the same
     * order. Control.
     */
    default void paused(int queue) {
        enabled(queue, false);
    }

    /**
     * How long the used buffer notification of what was pushed may still wait, in nanoseconds; 0 or less if it is due.
     * Worker thread of this queue: when the driver wants to be notified, and again at the end of that time or earlier.
     */
    default long notificationDelay(int queue) {
        return 0;
    }

    /**
     * A request. The device owns the chain until it passes it to {@link QueueContext#push} or
     * {@link QueueContext#complete}, now or later and in any order. Worker thread of this queue.
     *
     * <p>If this throws, the chain was not and will not be passed to either, and nothing that the device started uses
     * it any more. Throw {@link dev.paravirt.queue.VirtqueueException} with a message that says what the driver did, for
     * a request so malformed that it has no room for a status.
     */
    void process(int queue, DescriptorChain chain, QueueContext context);

    /**
     * Whether requests of this queue wait in the ring until the device takes them, with {@link QueueContext#take} in
     * {@link #serve}, instead of being passed to {@link #process}: receive buffers, for which there is no use before
     * something arrives. The driver is asked to notify only while the device {@link #awaitsRequests}. Asked each time that
     * the queue is set up, after negotiation, which may decide what a queue is for. Control.
     *
     * @param queue 0 to {@code queueCount() - 1}
     */
    default boolean takesRequests(int queue) {
        return false;
    }

    /**
     * Does what there is to do on a queue whose requests the device takes itself; a batch of it at most. Worker thread of
     * this queue: when the queue starts, and after each {@link QueueContext#wake}. If this throws, chains that were taken
     * are still the device's, until {@link #quiesce}.
     *
     * @return whether there was anything to do
     */
    default boolean serve(int queue, QueueContext context) {
        return false;
    }

    /** Whether {@link #serve} would find something to do. Worker thread of this queue, before it sleeps. */
    default boolean isReady(int queue) {
        return false;
    }

    /**
     * Whether {@link #serve} had more to do than the driver had made requests available for: then the driver is asked to
     * notify of the next one. Worker thread of this queue, before it sleeps.
     */
    default boolean awaitsRequests(int queue) {
        return false;
    }

    /**
     * A queue is being reset, alone or with the device, and waits for the chains that the device still has. Those that it
     * is not at work on, such as empty receive buffers, it pushes now: they would be waited for in vain. Worker thread of
     * this queue; maybe several times, and {@link #process} is not called until the queue was set up again.
     */
    default void quiesce(int queue, QueueContext context) {}

    /**
     * Back to the state before any driver: by request of the driver, or because it is gone. Control. Nothing is in
     * flight: every chain was pushed or completed, and {@link #process} is not called.
     */
    void reset();

    /** The session has ended, after a last {@link #reset}. Frees what the device owns. */
    @Override
    void close();
}
