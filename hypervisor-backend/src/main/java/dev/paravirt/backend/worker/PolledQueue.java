// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

/** Something that a {@link QueueWorker} serves, for life and on its own thread alone. */
public interface PolledQueue {
    /**
     * Does what there is to do, a batch of it at most, without waiting.
     *
     * @return whether there was anything
     */
    boolean serve();

    /**
     * The worker is about to sleep: from now on, whatever this queue has to do must come with a {@link QueueWorker#wake}.
     *
     * @return whether there is nothing to do now
     */
    boolean arm();

    /**
     * How long the worker may sleep at most before it serves this queue again, in nanoseconds; asked right after
     * {@link #arm}.
     */
    default long patienceNanos() {
        return Long.MAX_VALUE;
    }

    /** An exception or error came out of one of the other methods, or shortly after it. Does not throw. */
    void failed(Throwable failure);
}
