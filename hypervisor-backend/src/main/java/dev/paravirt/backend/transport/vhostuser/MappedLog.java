// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.memory.DirtyLog;
import java.lang.foreign.Arena;

/** The bitmap of written pages that a front-end shares for the time of a migration. */
final class MappedLog implements AutoCloseable {
    private final Arena arena;
    private final DirtyLog log;

    private MappedLog(Arena arena, DirtyLog log) {
        this.arena = arena;
        this.log = log;
    }

    /**
     * Maps the bitmap.
     *
     * @param size bytes, as the front-end said: any number, like {@code offset}
     * @param file is closed, whatever happens
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is closed with the log
    static MappedLog map(long size, long offset, FileDescriptor file) throws RefusedException {
        try (file) {
            if (size < Long.BYTES || offset < 0 || offset % Long.BYTES != 0 || offset > Long.MAX_VALUE - size) {
                throw new RefusedException(
                        "no log: " + Long.toUnsignedString(size) + " bytes at offset " + Long.toUnsignedString(offset));
            }
            Arena arena = Arena.ofShared();
            try {
                Memfd memory = Memfd.adopt(file, offset + size, false);
                return new MappedLog(arena, new DirtyLog(memory.map(offset, size, arena)));
            } catch (LinuxException | RuntimeException failure) {
                arena.close();
                throw new RefusedException("the log cannot be mapped", failure);
            }
        }
    }

    DirtyLog log() {
        return log;
    }

    /** No ring uses it any more, and the kernel never does. */
    @Override
    public void close() {
        arena.close();
    }
}
