// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

import java.util.concurrent.locks.LockSupport;

/** Sleeps in the JVM, on any operating system. */
final class ParkWakeUp implements WakeUp {
    @Override
    public void await(long nanos) {
        if (nanos == Long.MAX_VALUE) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, nanos);
        }
    }

    @Override
    public void signal(Thread sleeper) {
        LockSupport.unpark(sleeper);
    }

    @Override
    public void close() {}
}
