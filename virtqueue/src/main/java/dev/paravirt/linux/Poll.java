// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Waits for either of two descriptors, with a timeout in nanoseconds: one that wakes, and one whose end of file says
 * that nobody is left to wake. For one thread; a wait allocates nothing.
 */
public final class Poll {
    /** Bit of {@link #await}: the first descriptor is readable, at its end of file, or in error. */
    public static final int FIRST = 1;

    /** Bit of {@link #await}: the second descriptor is readable, at its end of file, or in error. */
    public static final int SECOND = 2;

    /** What {@link #await(int, long)} may watch the first descriptor for: input, or its end. */
    public static final int READABLE = 1;

    /** What {@link #await(int, long)} may watch the first descriptor for: room for output. */
    public static final int WRITABLE = 2;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int READY_OFFSET = 6;
    private static final int IGNORED = -1;
    private static final int POLLFD_SIZE = 8;

    private final MemorySegment descriptors;
    private final MemorySegment timeout;
    private final FileDescriptor first;
    private final FileDescriptor second;

    /** Neither descriptor is owned by this object. */
    public Poll(FileDescriptor first, FileDescriptor second) {
        Linux.require();
        this.first = first;
        this.second = second;
        Arena arena = Arena.ofAuto();
        descriptors = arena.allocate(2 * POLLFD_SIZE, 8);
        timeout = arena.allocate(16, 8);
    }

    /**
     * Waits until at least one descriptor is ready.
     *
     * @param timeoutNanos nanoseconds; 0 looks without waiting, a negative number waits for ever
     * @return {@link #FIRST}, {@link #SECOND} or both; 0 after the timeout, and also if a signal to this process ended
     *     the wait early
     * @throws IllegalStateException if a descriptor is closed
     */
    public int await(long timeoutNanos) throws LinuxException {
        return await(READABLE, timeoutNanos);
    }

    /**
     * As {@link #await(long)}, with a choice of what to watch the first descriptor for.
     *
     * @param interest {@link #READABLE}, {@link #WRITABLE} or both; 0 does not look at the first descriptor at all, not
     *     even at its errors
     */
    public int await(int interest, long timeoutNanos) throws LinuxException {
        int events = ((interest & READABLE) != 0 ? Constants.POLLIN : 0)
                | ((interest & WRITABLE) != 0 ? Constants.POLLOUT : 0);
        setPoll(descriptors, 0, interest == 0 ? IGNORED : first.number(), (short) events);
        setPoll(descriptors, 1, second.number(), Constants.POLLIN);
        return await(descriptors, 2, timeoutNanos, timeout);
    }

    /** One wait for one descriptor, for those who wait rarely: allocates. */
    static boolean awaitOne(FileDescriptor descriptor, short events, long timeoutNanos) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment poll = local.allocate(POLLFD_SIZE, 8);
            setPoll(poll, 0, descriptor.number(), events);
            return await(poll, 1, timeoutNanos, local.allocate(16, 8)) != 0;
        }
    }

    private static void setPoll(MemorySegment polls, int index, int fd, short events) {
        polls.set(ValueLayout.JAVA_INT, (long) index * POLLFD_SIZE, fd);
        polls.set(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + 4, events);
        polls.set(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + READY_OFFSET, (short) 0);
    }

    private static int await(MemorySegment polls, int count, long timeoutNanos, MemorySegment timeout)
            throws LinuxException {
        MemorySegment limit = MemorySegment.NULL;
        if (timeoutNanos >= 0) {
            timeout.set(ValueLayout.JAVA_LONG, 0, timeoutNanos / NANOS_PER_SECOND);
            timeout.set(ValueLayout.JAVA_LONG, 8, timeoutNanos % NANOS_PER_SECOND);
            limit = timeout;
        }
        int ready = LibcSockets.ppoll(polls, count, limit, MemorySegment.NULL);
        if (ready == -Errno.EINTR || ready == 0) {
            return 0;
        }
        LinuxException.check(ready, "ppoll", null);
        int bits = 0;
        for (int index = 0; index < count; index++) {
            short events = polls.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + READY_OFFSET);
            if ((events & Constants.POLLNVAL) != 0) {
                throw new IllegalStateException("descriptor " + index + " of a poll was closed");
            }
            bits |= events == 0 ? 0 : 1 << index;
        }
        return bits;
    }
}
