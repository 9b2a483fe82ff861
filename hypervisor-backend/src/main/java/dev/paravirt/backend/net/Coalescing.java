// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When the driver is notified of what a receiveq or transmitq used (VIRTIO 1.4, "Notifications Coalescing"): after so
 * many packets, or so many microseconds after the first, whichever comes first. Parameters are set by any thread; packets
 * are counted by the queue's worker.
 */
final class Coalescing {
    /** Both parameters, unsigned, packets in the upper half: they change together. */
    private volatile long parameters;

    private volatile boolean enabled;

    /** The queue is out of use for a while, and goes on with its parameters. Control calls only, under a lock. */
    private boolean paused;

    private volatile @Nullable QueueContext context;

    // The worker's own.
    private int packets;
    private long firstAt;

    boolean isEnabled() {
        return enabled;
    }

    /** The queue was set up, with parameters for all of its kind unless it was paused. */
    void enable(long initial) {
        parameters = paused ? parameters : initial;
        paused = false;
        enabled = true;
    }

    void disable() {
        paused = false;
        enabled = false;
        context = null;
    }

    void pause() {
        disable();
        paused = true;
    }

    boolean isPaused() {
        return paused;
    }

    /** Both parameters in one number. */
    static long parameters(int maxPackets, int maxMicros) {
        return Integer.toUnsignedLong(maxPackets) << 32 | Integer.toUnsignedLong(maxMicros);
    }

    static int maxPackets(long parameters) {
        return (int) (parameters >>> 32);
    }

    static int maxMicros(long parameters) {
        return (int) parameters;
    }

    long parameters() {
        return parameters;
    }

    /** From now on, and also for what waits already. */
    void parameters(long changed) {
        parameters = changed;
        QueueContext served = context;
        if (served != null) {
            served.wake();
        }
    }

    // The worker.

    /** A packet was received or sent. */
    void packet(QueueContext served) {
        if (packets++ == 0 && parameters != 0) {
            firstAt = System.nanoTime();
            context = served;
        }
    }

    /** How long the notification may still wait, in nanoseconds; not above 0 if it is due, which ends the wait. */
    long delay() {
        long now = parameters;
        long most = now >>> 32;
        long micros = now & 0xffff_ffffL;
        if (micros > 0 && Integer.toUnsignedLong(packets) < most) {
            long left = firstAt + TimeUnit.MICROSECONDS.toNanos(micros) - System.nanoTime();
            if (left > 0) {
                return left;
            }
        }
        packets = 0;
        return 0;
    }
}
