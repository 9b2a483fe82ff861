// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sleeps in the kernel, until a signal from this process or a doorbell that another process rings. No descriptor is ever
 * read: they are watched for events, so a guest that shares one has nothing to make us block on.
 */
final class EpollWakeUp implements WakeUp {
    private static final Logger LOG = LoggerFactory.getLogger(EpollWakeUp.class);
    private static final int RESULTS = 64;
    private static final long OWN = -1;
    private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Epoll epoll;
    private final Eventfd own;

    /** By token; null where a doorbell is not watched any more. */
    private volatile @Nullable Runnable[] bells = {};

    private boolean broken;

    EpollWakeUp() throws LinuxException {
        epoll = Epoll.create(RESULTS);
        try {
            own = Eventfd.create();
            epoll.addEdgeTriggered(own.descriptor(), OWN);
        } catch (LinuxException | RuntimeException failure) {
            epoll.close();
            throw failure;
        }
    }

    /** From any thread. */
    synchronized void watch(FileDescriptor doorbell, Runnable rung) throws LinuxException {
        int token = replace(null, rung);
        try {
            epoll.addEdgeTriggered(doorbell, token);
        } catch (LinuxException failure) {
            replace(rung, null);
            throw failure;
        }
    }

    /** From any thread; a call that is under way may still come. */
    synchronized void unwatch(FileDescriptor doorbell, Runnable rung) throws LinuxException {
        epoll.remove(doorbell);
        replace(rung, null);
    }

    private int replace(@Nullable Runnable before, @Nullable Runnable after) {
        @Nullable Runnable[] changed = bells;
        int token = Arrays.asList(changed).indexOf(before);
        if (token < 0) {
            token = changed.length;
            changed = Arrays.copyOf(changed, token + 1);
        } else {
            changed = changed.clone();
        }
        changed[token] = after;
        bells = changed;
        return token;
    }

    @Override
    public void await(long nanos) {
        try {
            // Rounded down: the rest of less than a millisecond is spent looking.
            long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
            int ready = epoll.await(nanos == Long.MAX_VALUE ? -1 : (int) Math.min(millis, Integer.MAX_VALUE));
            for (int result = 0; result < ready; result++) {
                long token = epoll.token(result);
                Runnable rung = token == OWN ? null : bells[(int) token];
                if (rung != null) {
                    rung.run();
                }
            }
        } catch (LinuxException failure) {
            // Not for any reason that the system documents. The queues are still served, if less promptly.
            if (!broken) {
                broken = true;
                LOG.error("a queue worker cannot sleep and looks at its queues every 10 ms instead", failure);
            }
            LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
        }
    }

    @Override
    public void signal(Thread sleeper) {
        try {
            own.signal();
        } catch (LinuxException failure) {
            throw new IllegalStateException("a queue worker cannot be woken", failure);
        }
    }

    @Override
    public void close() {
        epoll.close();
        own.close();
    }
}
