// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Waits for any of many descriptors to become readable, each known by a token of the caller's choice.
 *
 * <p>One thread waits and reads the results; adding and removing is safe from any thread, also during a wait. A wait
 * allocates nothing.
 */
public final class Epoll implements AutoCloseable {
    /** x86-64 packs epoll_event into 12 bytes; AArch64 pads it to 16. */
    private static final int EVENT_SIZE = Linux.isAarch64() ? 16 : 12;

    private static final int TOKEN_OFFSET = Linux.isAarch64() ? 8 : 4;

    private final FileDescriptor descriptor;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment events;
    private final int capacity;
    private int ready;

    private Epoll(FileDescriptor descriptor, int capacity) {
        this.descriptor = descriptor;
        this.capacity = capacity;
        this.events = arena.allocate((long) capacity * EVENT_SIZE, 8);
    }

    /**
     * Makes one that watches nothing yet.
     *
     * @param capacity how many results one wait can return, 1 to 1024; further ones wait for the next call
     * @throws LinuxException if the process is out of descriptors
     */
    public static Epoll create(int capacity) throws LinuxException {
        Linux.require();
        if (capacity < 1 || capacity > 1024) {
            throw new IllegalArgumentException("epoll capacity is 1 to 1024: " + capacity);
        }
        int fd = LibcSockets.epollCreate1(Constants.EPOLL_CLOEXEC);
        return new Epoll(FileDescriptor.adopt(LinuxException.check(fd, "epoll_create1", null)), capacity);
    }

    /** Watches a descriptor: every wait returns its token while it is readable, at its end of file, or in error. */
    public void add(FileDescriptor watched, long token) throws LinuxException {
        control(Constants.EPOLL_CTL_ADD, watched, Constants.EPOLLIN | Constants.EPOLLRDHUP, token);
    }

    /**
     * Watches a descriptor for events rather than for a state: one wait returns its token after each signal, and nobody
     * has to drain it. That spares a system call a wake-up, and a peer who shares the descriptor has nothing to make us
     * block on. A signal before this call counts as an event.
     */
    public void addEdgeTriggered(FileDescriptor watched, long token) throws LinuxException {
        int events = Constants.EPOLLIN | Constants.EPOLLRDHUP | Constants.EPOLLET;
        control(Constants.EPOLL_CTL_ADD, watched, events, token);
    }

    /**
     * Stops watching. To be called before the descriptor is closed: a duplicate elsewhere would keep it watched. A wait
     * that is under way may still return it.
     */
    public void remove(FileDescriptor watched) throws LinuxException {
        control(Constants.EPOLL_CTL_DEL, watched, 0, 0);
    }

    private void control(int operation, FileDescriptor watched, int mask, long token) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment event = local.allocate(EVENT_SIZE, 8);
            event.set(ValueLayout.JAVA_INT_UNALIGNED, 0, mask);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, TOKEN_OFFSET, token);
            int result = LibcSockets.epollCtl(descriptor.number(), operation, watched.number(), event);
            LinuxException.check(result, "epoll_ctl", null);
        }
    }

    /**
     * Waits until a watched descriptor is ready.
     *
     * @param timeoutMillis milliseconds; 0 looks without waiting, a negative number waits for ever
     * @return how many results there are for {@link #token} and {@link #isHangUp}; 0 after the timeout, and also if a
     *     signal to this process ended the wait early
     */
    public int await(int timeoutMillis) throws LinuxException {
        ready = 0;
        int count = LibcSockets.epollWait(descriptor.number(), events, capacity, timeoutMillis);
        if (count == -Errno.EINTR) {
            return 0;
        }
        ready = LinuxException.check(count, "epoll_wait", null);
        return ready;
    }

    /** Returns the token of one result of the last wait, which are numbered from 0. */
    public long token(int result) {
        checkResult(result);
        return events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) result * EVENT_SIZE + TOKEN_OFFSET);
    }

    /** Returns whether one result of the last wait says that the other end is gone; data may still be there to read. */
    public boolean isHangUp(int result) {
        checkResult(result);
        int mask = events.get(ValueLayout.JAVA_INT_UNALIGNED, (long) result * EVENT_SIZE);
        return (mask & (Constants.EPOLLHUP | Constants.EPOLLRDHUP | Constants.EPOLLERR)) != 0;
    }

    private void checkResult(int result) {
        if (result < 0 || result >= ready) {
            throw new IndexOutOfBoundsException("result " + result + " of a wait that returned " + ready);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
