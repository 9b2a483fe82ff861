// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;

/**
 * The C library's file and memory calls. Every method returns what the call returned, or the negated error number where
 * the call failed; none retries. Pointers are passed as segments, so that the linker keeps their memory alive during
 * the call: no other thread can unmap a buffer that the kernel is still filling.
 *
 * <p>A call is linked when it is made first: that takes a millisecond or more, and few programs make all of them.
 *
 * <p>No handle is linked with {@code Linker.Option.critical}: a critical call holds garbage collection up, and nearly
 * all of these may block.
 */
final class Libc {
    private Libc() {}

    static int close(int fd) {
        class Linked {
            static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.CLOSE.invokeExact(scratch.callState, fd));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int dup3(int fd, int replaced, int flags) {
        class Linked {
            static final MethodHandle DUP3 = handle("dup3", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.DUP3.invokeExact(scratch.callState, fd, replaced, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int open(MemorySegment path, int flags, int mode) {
        class Linked {
            static final MethodHandle OPEN = handleVariadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.OPEN.invokeExact(scratch.callState, path, flags, mode));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fcntl(int fd, int command, int argument) {
        class Linked {
            static final MethodHandle FCNTL = handleVariadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FCNTL.invokeExact(scratch.callState, fd, command, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fcntlStruct(int fd, int command, MemorySegment argument) {
        class Linked {
            static final MethodHandle FCNTL_STRUCT = handleVariadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FCNTL_STRUCT.invokeExact(scratch.callState, fd, command, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        class Linked {
            static final MethodHandle IOCTL = handleVariadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.IOCTL.invokeExact(scratch.callState, fd, request, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int ioctlWord(int fd, long request, long argument) {
        class Linked {
            static final MethodHandle IOCTL_WORD = handleVariadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.IOCTL_WORD.invokeExact(scratch.callState, fd, request, argument));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int statx(int fd, MemorySegment path, int flags, int mask, MemorySegment statx) {
        class Linked {
            static final MethodHandle STATX = handle("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.STATX.invokeExact(scratch.callState, fd, path, flags, mask, statx));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fchmod(int fd, int mode) {
        class Linked {
            static final MethodHandle FCHMOD = handle("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FCHMOD.invokeExact(scratch.callState, fd, mode));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int flock(int fd, int operation) {
        class Linked {
            static final MethodHandle FLOCK = handle("flock", JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FLOCK.invokeExact(scratch.callState, fd, operation));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int ftruncate(int fd, long length) {
        class Linked {
            static final MethodHandle FTRUNCATE = handle("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FTRUNCATE.invokeExact(scratch.callState, fd, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        class Linked {
            static final MethodHandle FALLOCATE =
                    handle("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FALLOCATE.invokeExact(scratch.callState, fd, mode, offset, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int fdatasync(int fd) {
        class Linked {
            static final MethodHandle FDATASYNC = handle("fdatasync", JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.FDATASYNC.invokeExact(scratch.callState, fd));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static long read(int fd, MemorySegment buffer, long length) {
        class Linked {
            static final MethodHandle READ = handle("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((long) Linked.READ.invokeExact(scratch.callState, fd, buffer, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static long write(int fd, MemorySegment buffer, long length) {
        class Linked {
            static final MethodHandle WRITE = handle("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((long) Linked.WRITE.invokeExact(scratch.callState, fd, buffer, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /**
     * Reads to an address inside {@code owner}, which is passed too, in a register that C ignores: that keeps the
     * memory alive during the call. A slice would do so too, but is an object that the compiler cannot always avoid.
     */
    static long pread(int fd, long address, long length, long offset, MemorySegment owner) {
        class Linked {
            static final MethodHandle PREAD =
                    handle("pread", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (long) Linked.PREAD.invokeExact(scratch.callState, fd, address, length, offset, owner));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** Writes from an address inside {@code owner}, as {@link #pread} reads. */
    static long pwrite(int fd, long address, long length, long offset, MemorySegment owner) {
        class Linked {
            static final MethodHandle PWRITE =
                    handle("pwrite", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (long) Linked.PWRITE.invokeExact(scratch.callState, fd, address, length, offset, owner));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** The owner of the iovec's target keeps it alive, as in {@link #pread}. */
    static long preadv2(int fd, MemorySegment iovec, int count, long offset, int flags, MemorySegment owner) {
        class Linked {
            static final MethodHandle PREADV2 =
                    handle("preadv2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (long) Linked.PREADV2.invokeExact(scratch.callState, fd, iovec, count, offset, flags, owner));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** The owner of the iovec's source keeps it alive, as in {@link #pread}. */
    static long pwritev2(int fd, MemorySegment iovec, int count, long offset, int flags, MemorySegment owner) {
        class Linked {
            static final MethodHandle PWRITEV2 =
                    handle("pwritev2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (long) Linked.PWRITEV2.invokeExact(scratch.callState, fd, iovec, count, offset, flags, owner));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int memfdCreate(MemorySegment name, int flags) {
        class Linked {
            static final MethodHandle MEMFD_CREATE = handle("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.MEMFD_CREATE.invokeExact(scratch.callState, name, flags));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** Returns the address, or a negated error number: user addresses of both architectures are positive. */
    static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        class Linked {
            static final MethodHandle MMAP =
                    handle("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (long) Linked.MMAP.invokeExact(scratch.callState, address, length, protection, flags, fd, offset));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static int munmap(long address, long length) {
        class Linked {
            static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.MUNMAP.invokeExact(scratch.callState, address, length));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static MethodHandle handle(String symbol, MemoryLayout result, MemoryLayout... arguments) {
        return link(symbol, FunctionDescriptor.of(result, arguments), List.of());
    }

    static MethodHandle handleVariadic(
            String symbol, int firstVariadic, MemoryLayout result, MemoryLayout... arguments) {
        return link(
                symbol,
                FunctionDescriptor.of(result, arguments),
                List.of(Linker.Option.firstVariadicArg(firstVariadic)));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle link(String symbol, FunctionDescriptor function, List<Linker.Option> options) {
        Linker linker = Linker.nativeLinker();
        List<Linker.Option> all = new ArrayList<>(options);
        all.add(Linker.Option.captureCallState("errno"));
        return linker.defaultLookup()
                .find(symbol)
                .map(address -> linker.downcallHandle(address, function, all.toArray(Linker.Option[]::new)))
                .orElseGet(() -> missing(symbol, linker, function, all));
    }

    /** A C library without this function: fail when it is called, not when this class loads. */
    @SuppressWarnings("restricted")
    private static MethodHandle missing(
            String symbol, Linker linker, FunctionDescriptor function, List<Linker.Option> options) {
        MethodHandle linked = linker.downcallHandle(function, options.toArray(Linker.Option[]::new));
        MethodHandle thrower = MethodHandles.throwException(
                        linked.type().returnType(), UnsupportedOperationException.class)
                .bindTo(new UnsupportedOperationException("this system's C library has no " + symbol));
        return MethodHandles.dropArguments(
                thrower, 0, linked.type().dropParameterTypes(0, 1).parameterList());
    }

    /** What a handle throws is unchecked: a closed arena, or a bug here. */
    static RuntimeException unexpected(Throwable failure) {
        if (failure instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(failure);
    }
}
