// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Keeps other tasks out of what one is at work on, also while that one waits for the disk. Not reentrant. */
final class KernelLock {
    private final Scheduler scheduler;
    private @Nullable Task owner;

    KernelLock(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Something to do under the lock. */
    interface Section<T> {
        T run() throws IOException;
    }

    <T> T with(Section<T> section) throws IOException {
        scheduler.await(() -> owner == null);
        owner = scheduler.current();
        try {
            return section.run();
        } finally {
            owner = null;
        }
    }
}
