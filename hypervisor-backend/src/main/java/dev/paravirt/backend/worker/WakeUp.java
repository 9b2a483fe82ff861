// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.worker;

/** How a worker's thread sleeps until another signals. A signal sent while nobody sleeps ends the next sleep at once. */
interface WakeUp extends AutoCloseable {
    /**
     * Sleeps; may also return for no reason. By the worker alone.
     *
     * @param nanos the longest, in nanoseconds, 1 or more; {@link Long#MAX_VALUE} is for ever
     */
    void await(long nanos);

    /** From any thread. */
    void signal(Thread sleeper);

    @Override
    void close();
}
