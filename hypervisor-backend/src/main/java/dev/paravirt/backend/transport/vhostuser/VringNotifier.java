// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.device.Interrupt;
import dev.paravirt.linux.Errno;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.PeerDoorbell;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies whichever front-end there is: workers signal the descriptors of rings themselves; what goes by message is noted
 * for the thread of the session, which is woken.
 */
final class VringNotifier implements Interrupt, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VringNotifier.class);

    private final AtomicReferenceArray<@Nullable PeerDoorbell> calls;
    private final AtomicReferenceArray<@Nullable PeerDoorbell> errors;
    private final AtomicIntegerArray callMessages;
    private final AtomicBoolean configurationChanged = new AtomicBoolean();
    private final Eventfd wake;

    /** Whether rings without a call descriptor are notified by message. */
    private volatile boolean inBand;

    VringNotifier(int queues) throws LinuxException {
        calls = new AtomicReferenceArray<>(queues);
        errors = new AtomicReferenceArray<>(queues);
        callMessages = new AtomicIntegerArray(queues);
        wake = Eventfd.create();
    }

    /** Readable when there is something for the thread of the session to do. */
    Eventfd wake() {
        return wake;
    }

    @Override
    public void usedBuffer(int queue) {
        PeerDoorbell call = calls.get(queue);
        if (call != null) {
            signal(call);
        } else if (inBand) {
            callMessages.set(queue, 1);
            wakeSession();
        }
    }

    /** Also how a device says that it needs a reset: for that, the front-end has err descriptors. */
    @Override
    public void configurationChanged() {
        configurationChanged.set(true);
        wakeSession();
    }

    private void wakeSession() {
        try {
            wake.signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException("the thread of a vhost-user session cannot be woken", failure);
        }
    }

    private static void signal(PeerDoorbell doorbell) {
        try {
            doorbell.signal();
        } catch (LinuxException failure) {
            // What the front-end gave us cannot be written to: it does not want to know.
            LOG.debug("a front-end cannot be notified", failure);
        }
    }

    // The thread of the session.

    /** Whether there was a change since the last call. */
    boolean takeConfigurationChanged() {
        return configurationChanged.getAndSet(false);
    }

    /** Whether a ring is to be notified by message. */
    boolean takeCall(int queue) {
        return callMessages.getAndSet(queue, 0) != 0;
    }

    void inBand(boolean on) {
        inBand = on;
    }

    /** @param descriptor is closed in the end; null for none */
    void call(int queue, @Nullable FileDescriptor descriptor) throws LinuxException {
        replace(calls, queue, descriptor);
    }

    /** As {@link #call}. */
    void error(int queue, @Nullable FileDescriptor descriptor) throws LinuxException {
        replace(errors, queue, descriptor);
    }

    /** Says that a ring cannot be served. */
    void ringFailed(int queue) {
        PeerDoorbell error = errors.get(queue);
        if (error != null) {
            signal(error);
        }
    }

    /** A doorbell that a worker may be about to signal stays open, as something that nobody listens to. */
    private static void replace(
            AtomicReferenceArray<@Nullable PeerDoorbell> doorbells, int queue, @Nullable FileDescriptor descriptor)
            throws LinuxException {
        PeerDoorbell present = doorbells.get(queue);
        if (descriptor == null) {
            if (present != null) {
                present.replace(Eventfd.create().descriptor());
            }
        } else if (present == null) {
            doorbells.set(queue, PeerDoorbell.adopt(descriptor));
        } else {
            present.replace(descriptor);
        }
    }

    /** Ends whatever wait the front-end has brought a worker into. */
    void releaseWorkers() {
        for (int queue = 0; queue < calls.length(); queue++) {
            PeerDoorbell call = calls.get(queue);
            if (call != null) {
                try {
                    call.release();
                } catch (LinuxException failure) {
                    LOG.debug("a doorbell cannot be drained ({})", Errno.describe(failure.errno()));
                }
            }
        }
    }

    /** Forgets the front-end, when no queue is served. */
    void forget() {
        inBand = false;
        for (int queue = 0; queue < calls.length(); queue++) {
            close(calls.getAndSet(queue, null));
            close(errors.getAndSet(queue, null));
            callMessages.set(queue, 0);
        }
        configurationChanged.set(false);
    }

    private static void close(@Nullable PeerDoorbell doorbell) {
        if (doorbell != null) {
            doorbell.close();
        }
    }

    @Override
    public void close() {
        forget();
        wake.close();
    }
}
