// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The two lines between a driver thread and a device thread of one process. When both sleep and neither was woken, a
 * wake-up was lost, since nobody else could ever send it: both then fail at once, instead of hanging.
 *
 * <p>A sleeper first spins, which makes sleeping so cheap that it happens some hundred thousand times a second, and with it
 * the races that matter.
 */
public final class Doorbells {
    private final Side driver = new Side("driver");
    private final Side device = new Side("device");
    private final int spins;
    private volatile boolean closed;
    private volatile boolean lost;

    /** @param spins turns before a sleeper blocks; 0 to block at once */
    public Doorbells(int spins) {
        this.spins = spins;
        driver.peer = device;
        device.peer = driver;
    }

    /** The driver's end. */
    public Line driver() {
        return driver;
    }

    /** The device's end. */
    public Line device() {
        return device;
    }

    /** How often the driver woke the device. */
    public long notifications() {
        return driver.wakes;
    }

    /** How often the device woke the driver. */
    public long interrupts() {
        return device.wakes;
    }

    /** How often both together went to sleep. */
    public long sleeps() {
        return driver.epoch / 2 + device.epoch / 2;
    }

    /** Ends every sleep. */
    public void close() {
        closed = true;
        driver.unpark();
        device.unpark();
    }

    private final class Side implements Line {
        private final String name;
        private @Nullable Side peer;
        private volatile boolean rung;
        private volatile @Nullable Thread sleeper;

        /** Odd while asleep; changes before {@link #rung} is taken back. */
        private volatile long epoch;

        private long wakes;

        Side(String name) {
            this.name = name;
        }

        private Side peer() {
            Side other = peer;
            if (other == null) {
                throw new IllegalStateException();
            }
            return other;
        }

        @Override
        public void wakePeer(int value) {
            wakes++;
            Side other = peer();
            other.rung = true;
            other.unpark();
        }

        private void unpark() {
            Thread thread = sleeper;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // Only the side's own thread counts.
        public boolean await() {
            epoch++;
            for (int turn = 0; turn < spins && !rung && !closed; turn++) {
                Thread.onSpinWait();
            }
            sleeper = Thread.currentThread();
            while (!rung && !closed) {
                checkNotLost();
                LockSupport.park(this);
            }
            sleeper = null;
            epoch++;
            rung = false;
            return !closed;
        }

        /** Whoever falls asleep last sees the other one asleep. */
        private void checkNotLost() {
            Side other = peer();
            long asleep = other.epoch;
            if (lost || (asleep % 2 == 1 && !other.rung && !rung && !closed && other.epoch == asleep)) {
                lost = true;
                other.unpark();
                throw new AssertionError("lost wake-up: both sides sleep, noticed by the " + name);
            }
        }
    }
}
