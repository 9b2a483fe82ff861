// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.traffic.Dice;
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
    private final int pauseNanos;
    private final Dice dice;

    /** @param pauseNanos the longest pause after each notification and each interrupt, so that nothing keeps step */
    InterruptWait(Transport transport, Platform platform, DriverVirtqueue queue, int pauseNanos) {
        this.transport = transport;
        this.platform = platform;
        this.queue = queue;
        this.pauseNanos = pauseNanos;
        this.dice = new Dice(queue.index());
    }

    @Override
    public void wakePeer(int value) {
        transport.notify(queue);
        pause();
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
        pause();
        return (transport.takeInterrupt(reasons) & InterruptStatus.CONFIGURATION_CHANGE) == 0 || isAlive();
    }

    /** Short ones are as likely as long ones. */
    private void pause() {
        if (pauseNanos == 0) {
            return;
        }
        long start = platform.nanoTime();
        int most = pauseNanos >> dice.below(8);
        int nanos = dice.below(most);
        while (platform.nanoTime() - start < nanos) {
            platform.relax();
        }
    }

    private boolean isAlive() {
        try {
            return (transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) == 0;
        } catch (DeviceException failure) {
            throw new AssertionError(failure);
        }
    }
}
