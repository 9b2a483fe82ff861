// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import org.jspecify.annotations.Nullable;

/**
 * Carries out the image operations that may have to wait for a disk, so that no worker does. One engine may serve
 * several devices. For any thread.
 */
public interface IoEngine extends AutoCloseable {
    /** One piece of work. It belongs to the engine from {@link #submit} to the start of {@link #run}. */
    abstract class Operation {
        /** The one behind it in an engine's queue. */
        @Nullable
        Operation next;

        /** An operation that no engine has. */
        protected Operation() {}

        /** Does the work, waiting where it must. It throws nothing: what goes wrong is its own to report. */
        protected abstract void run();
    }

    /**
     * Runs an operation on another thread, soon. Never waits, and allocates nothing in steady state. Operations are
     * started in order, run beside one another and end in any order.
     *
     * @throws IllegalStateException if the engine is closed
     */
    void submit(Operation operation);

    /** Finishes everything that was submitted, waiting for it, then ends the engine's threads. */
    @Override
    void close();
}
