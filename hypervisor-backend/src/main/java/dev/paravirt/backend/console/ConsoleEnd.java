// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

/**
 * What a port of a console leads to: a file, a socket, a terminal. It takes the guest's output when it can, and brings
 * input from threads of its own. No method may wait: the guest's other queues would wait too.
 */
public interface ConsoleEnd extends AutoCloseable {
    /**
     * The port that this end belongs to, before all else and once. From now on the end may call it.
     */
    void attach(ConsoleLine line);

    /**
     * Takes output of the guest. What was taken is the end's to deliver; the guest gets its buffer back when all of it was
     * taken. One call at a time, from the worker or from the thread that called {@link ConsoleLine#outputWanted}.
     *
     * @return bytes taken, 0 to {@code length}; after fewer than {@code length} the end calls
     *     {@link ConsoleLine#outputWanted} once it can take more
     */
    int write(byte[] bytes, int start, int length);

    /**
     * The guest takes input again, after {@link ConsoleLine#input} took less than was offered. Any thread, which holds a
     * lock of the port: to note it or wake a thread, not to call the port.
     */
    void inputWanted();

    /** The port is gone, and takes no calls any more. Ends what the end does; delivers what was taken if that is quick. */
    @Override
    void close();
}
