// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The native memory that one thread needs for its system calls, made once a thread so that no call allocates: where the
 * linker leaves errno, one iovec, and room for an eventfd's counter or for what a pipe holds in its place.
 */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);
    private static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    final MemorySegment callState;
    final MemorySegment iovec;
    final MemorySegment signals;

    private Scratch() {
        Arena arena = Arena.ofAuto();
        callState = arena.allocate(Linker.Option.captureStateLayout());
        iovec = arena.allocate(16, 8);
        signals = arena.allocate(512, 8);
    }

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    /** Turns C's -1 into the negated error number, as the kernel itself reports it. */
    int result(int returned) {
        return returned == -1 ? -callState.get(ValueLayout.JAVA_INT, ERRNO_OFFSET) : returned;
    }

    /** As {@link #result(int)}, for calls that return a size or an address. */
    long result(long returned) {
        return returned == -1 ? -callState.get(ValueLayout.JAVA_INT, ERRNO_OFFSET) : returned;
    }
}
