// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.spec.InterruptStatus;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One interrupt line: what the back-end signals when it has used buffers, and the reasons that we add ourselves. One
 * thread at a time waits.
 */
final class DeviceLine implements AutoCloseable {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final ReentrantLock waiting = new ReentrantLock();
    private final AtomicInteger reasons = new AtomicInteger();
    private final Eventfd call;
    private final Epoll epoll;
    private final int number;

    DeviceLine(int number) throws LinuxException {
        this.number = number;
        epoll = Epoll.create(1);
        try {
            call = Eventfd.create();
        } catch (LinuxException | RuntimeException failure) {
            epoll.close();
            throw failure;
        }
        // The back-end has this descriptor too: an event is seen without a read, on which it could make us wait.
        epoll.addEdgeTriggered(call.descriptor(), 0);
    }

    /** What the back-end is to signal. */
    FileDescriptor call() {
        return call.descriptor();
    }

    /** Adds reasons and wakes who waits. */
    void raise(int added) {
        reasons.getAndAccumulate(added, (before, more) -> before | more);
        try {
            call.signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException("interrupt line " + number, failure);
        }
    }

    /**
     * Waits for reasons and takes them.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return the reasons, 0 after the timeout
     */
    int await(long timeoutNanos) {
        if (!waiting.tryLock()) {
            throw new IllegalStateException("another thread already waits for interrupt line " + number);
        }
        try {
            long start = System.nanoTime();
            int taken = reasons.getAndSet(0);
            long left = timeoutNanos;
            boolean again = taken == 0;
            while (again) {
                if (epoll.await(millis(left)) > 0) {
                    taken = InterruptStatus.USED_BUFFER;
                }
                taken |= reasons.getAndSet(0);
                left = timeoutNanos < 0 ? -1 : Math.max(timeoutNanos - (System.nanoTime() - start), 0);
                again = taken == 0 && left != 0;
            }
            return taken;
        } catch (LinuxException failure) {
            throw new IllegalStateException("wait for interrupt line " + number, failure);
        } finally {
            waiting.unlock();
        }
    }

    private static int millis(long nanos) {
        return nanos < 0 ? -1 : (int) Math.min((nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI, Integer.MAX_VALUE);
    }

    /** Waits until nobody is inside of {@link #await}. */
    @Override
    public void close() {
        waiting.lock();
        try {
            epoll.close();
            call.close();
        } finally {
            waiting.unlock();
        }
    }
}
