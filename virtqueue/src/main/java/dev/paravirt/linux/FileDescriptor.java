// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Ownership of one open file descriptor. Whoever holds this object closes the descriptor, once; closing again does
 * nothing, so that a recycled number is never closed by mistake.
 *
 * <p>Thread-safe. Closing while another thread is inside a call on the descriptor does not end that call: stop the
 * users first, then close.
 */
public final class FileDescriptor implements AutoCloseable {
    private static final int CLOSED = -1;
    private static final VarHandle NUMBER;

    static {
        try {
            NUMBER = MethodHandles.lookup().findVarHandle(FileDescriptor.class, "number", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile int number;

    private FileDescriptor(int number) {
        this.number = number;
    }

    /**
     * Takes over a descriptor that was opened outside this package, for instance one that the process inherited.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public static FileDescriptor adopt(int number) {
        Linux.require();
        if (number < 0) {
            throw new IllegalArgumentException("a file descriptor is not negative: " + number);
        }
        return new FileDescriptor(number);
    }

    /**
     * Returns the number that system calls take.
     *
     * @throws IllegalStateException once closed
     */
    public int number() {
        int current = number;
        if (current == CLOSED) {
            throw new IllegalStateException("the file descriptor is closed");
        }
        return current;
    }

    /** Returns whether {@link #close()} is still to come. */
    public boolean isOpen() {
        return number != CLOSED;
    }

    /**
     * Returns a second descriptor of the same open file (same offset, same flags), with an owner of its own.
     *
     * @throws LinuxException if the process is out of descriptors
     */
    public FileDescriptor duplicate() throws LinuxException {
        int copy = Libc.fcntl(number(), Constants.F_DUPFD_CLOEXEC, 0);
        return new FileDescriptor(LinuxException.check(copy, "fcntl(F_DUPFD_CLOEXEC)", null));
    }

    /**
     * Makes calls that would wait fail with EAGAIN instead, or the other way round. The flag belongs to the open file:
     * a process that holds a duplicate can change it back at any time, so a hostile peer's descriptor needs a
     * call that never waits, whatever the flag.
     */
    public void setNonBlocking(boolean nonBlocking) throws LinuxException {
        int flags = LinuxException.check(Libc.fcntl(number(), Constants.F_GETFL, 0), "fcntl(F_GETFL)", null);
        int wanted = nonBlocking ? flags | Constants.O_NONBLOCK : flags & ~Constants.O_NONBLOCK;
        if (wanted != flags) {
            LinuxException.check(Libc.fcntl(number(), Constants.F_SETFL, wanted), "fcntl(F_SETFL)", null);
        }
    }

    /** Closes the descriptor, if that was not done yet. Linux frees the number even where close reports an error. */
    @Override
    public void close() {
        int current = (int) NUMBER.getAndSet(this, CLOSED);
        if (current != CLOSED) {
            int ignoredAsTheNumberIsFree = Libc.close(current);
            assert ignoredAsTheNumberIsFree != -Errno.EBADF : "descriptor " + current + " was closed behind its owner";
        }
    }

    @Override
    public String toString() {
        int current = number;
        return current == CLOSED ? "fd (closed)" : "fd " + current;
    }
}
