// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** What the kernel runs as a task of its own: keeps the stack going while others sleep. */
public final class NetworkTask {
    private final NetworkStack stack;
    private final Waiting waiting;
    private boolean stopped;

    public NetworkTask(NetworkStack stack, Waiting waiting) {
        this.stack = stack;
        this.waiting = waiting;
    }

    /** Returns after {@link #stop}. */
    public int run() {
        while (!stopped) {
            stack.poll();
            long deadline = stack.deadline();
            // Another task may meanwhile have asked for something that is due earlier.
            waiting.await(() -> stopped || stack.hasArrivals() || stack.deadline() < deadline, deadline);
        }
        return 0;
    }

    public void stop() {
        stopped = true;
    }
}
