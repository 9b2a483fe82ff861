// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Device-specific requests. */
public final class Ioctl {
    private Ioctl() {}

    /**
     * A request that takes a pointer.
     *
     * @param request the request number of the driver's header
     * @param argument native memory, as large as the driver's structure for this request: the kernel does not know
     *     where it ends
     * @param path named in the error message
     * @return what the driver returned, zero or more
     */
    public static int call(FileDescriptor descriptor, long request, MemorySegment argument, @Nullable Path path)
            throws LinuxException {
        return LinuxException.check(Libc.ioctl(descriptor.number(), request, argument), name(request), path);
    }

    /** A request that takes a number, or nothing. */
    public static int call(FileDescriptor descriptor, long request, long argument, @Nullable Path path)
            throws LinuxException {
        return LinuxException.check(Libc.ioctlWord(descriptor.number(), request, argument), name(request), path);
    }

    private static String name(long request) {
        return "ioctl(0x" + Long.toHexString(request) + ")";
    }
}
