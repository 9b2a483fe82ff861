// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;

/** Carries bytes from one program to the next. The end that reads sees the end of them when nobody can write any more. */
final class Pipe {
    private static final int CAPACITY = 64 << 10;

    private final Scheduler scheduler;
    private final ByteFifo bytes = new ByteFifo(CAPACITY);
    private boolean readable = true;
    private boolean writable = true;

    Pipe(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    OpenDescriptor output() {
        return new Output();
    }

    OpenDescriptor input() {
        return new Input();
    }

    /** Where bytes come out. */
    private final class Output extends OpenDescriptor {
        @Override
        int read(byte[] destination, int start, int length) throws SystemCallException {
            if (!scheduler.awaitUnlessStopped(() -> !bytes.isEmpty() || !writable)) {
                throw new SystemCallException(Errno.INTERRUPTED);
            }
            return bytes.take(destination, start, length);
        }

        @Override
        void close() {
            readable = false;
        }
    }

    /** Where bytes go in. */
    private final class Input extends OpenDescriptor {
        @Override
        void write(byte[] source, int start, int length) throws SystemCallException {
            int done = 0;
            while (done < length || !readable) {
                if (!scheduler.awaitUnlessStopped(() -> bytes.room() > 0 || !readable)) {
                    throw new SystemCallException(Errno.INTERRUPTED);
                }
                if (!readable) {
                    throw new SystemCallException(Errno.BROKEN_PIPE);
                }
                done += bytes.put(source, start + done, length - done);
            }
        }

        @Override
        void close() {
            writable = false;
        }
    }
}
