// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import java.io.UncheckedIOException;

/**
 * Wakes the other side: an eventfd, as in ringtest, which also burns what leaving and entering a guest costs around each
 * use of it. One thread rings, one waits.
 */
final class Doorbell implements AutoCloseable {
    /** Cycles that ringtest assumes for one way between guest and hypervisor. */
    static final long EXIT_CYCLES = 500;

    private final Eventfd eventfd;
    private final Epoll waiter;
    private final long exitNanos;
    private long rings;

    /** @param exitNanos what one way between guest and hypervisor costs */
    Doorbell(long exitNanos) throws LinuxException {
        this.exitNanos = exitNanos;
        eventfd = Eventfd.create();
        waiter = Epoll.create(1);
        waiter.addEdgeTriggered(eventfd.descriptor(), 0);
    }

    void ring() {
        rings++;
        burn();
        try {
            eventfd.signal();
        } catch (LinuxException failure) {
            throw new UncheckedIOException(failure);
        }
        burn();
    }

    /** Returns after a ring; it may return without one. */
    void await() {
        burn();
        try {
            waiter.await(-1);
        } catch (LinuxException failure) {
            throw new UncheckedIOException(failure);
        }
        burn();
    }

    /** How often it was rung; for the ringing thread, or after it ended. */
    long rings() {
        return rings;
    }

    private void burn() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < exitNanos) {
            // As ringtest does it: busy, without a pause.
        }
    }

    @Override
    public void close() {
        waiter.close();
        eventfd.close();
    }
}
