// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A system call that failed: what was tried, on which file, and the error number. */
public final class LinuxException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String operation;
    private final transient @Nullable Path path;
    private final int errno;

    /**
     * @param operation the system call, or a phrase that starts with it
     * @param path the file concerned, if there is one
     * @param errno the positive error number
     */
    public LinuxException(String operation, @Nullable Path path, int errno) {
        super(operation + (path == null ? "" : " " + path) + ": " + Errno.describe(errno));
        this.operation = operation;
        this.path = path;
        this.errno = errno;
    }

    /** Returns what was tried. */
    public String operation() {
        return operation;
    }

    /** Returns the file concerned, or null where the call was about none. */
    public @Nullable Path path() {
        return path;
    }

    /** Returns the error number, one of the constants of {@link Errno} or another positive number. */
    public int errno() {
        return errno;
    }

    /** Passes a non-negative result on; turns a negative one, which is a negated error number, into an exception. */
    static int check(int result, String operation, @Nullable Path path) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(operation, path, -result);
        }
        return result;
    }

    /** As {@link #check(int, String, Path)}, for calls that return a size. */
    static long check(long result, String operation, @Nullable Path path) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(operation, path, (int) -result);
        }
        return result;
    }
}
