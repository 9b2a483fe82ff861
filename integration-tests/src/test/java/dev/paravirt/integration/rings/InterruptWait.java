// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.traffic.Line;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.InterruptStatus;
import java.util.concurrent.TimeUnit;

/** How a driver wakes its device and waits for it: with the notifications and interrupts of a transport, and no other way. */
final class InterruptWait implements Line {
    static final int LINE = 0;

    /** The device is never silent for long, so that a wait that takes as long has missed its end. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Transport transport;
    private final Platform platform;
    private final DriverVirtqueue queue;

    InterruptWait(Transport transport, Platform platform, DriverVirtqueue queue) {
        this.transport = transport;
        this.platform = platform;
        this.queue = queue;
    }

    @Override
    public void wakePeer(int value) {
        transport.notify(queue);
    }

    @Override
    public boolean await() {
        long start = platform.nanoTime();
        int reasons = 0;
        while (reasons == 0) {
            long left = PATIENCE_NANOS - (platform.nanoTime() - start);
            if (left <= 0) {
                throw new AssertionError("lost wake-up on queue " + queue.index() + ": "
                        + (queue.enableUsedNotifications()
                                ? "the device was notified of requests and has not served them"
                                : "the device has used buffers and not interrupted"));
            }
            reasons = platform.waitForInterrupt(LINE, left);
        }
        return (transport.takeInterrupt(reasons) & InterruptStatus.CONFIGURATION_CHANGE) == 0 || isAlive();
    }

    private boolean isAlive() {
        try {
            return (transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) == 0;
        } catch (DeviceException failure) {
            throw new AssertionError(failure);
        }
    }
}
