// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.function.Consumer;

/** What the kernel runs as a task of its own: does what is due by the clock, and what arrives if nobody else does. */
public final class NetworkTask {
    private final NetworkStack stack;
    private final Waiting waiting;
    private final Consumer<Configuration> changed;
    private Configuration known = Configuration.NONE;
    private boolean stopped;

    /** @param changed is told each new configuration */
    public NetworkTask(NetworkStack stack, Waiting waiting, Consumer<Configuration> changed) {
        this.stack = stack;
        this.waiting = waiting;
        this.changed = changed;
    }

    /** Returns after {@link #stop}. */
    public int run() {
        while (!stopped) {
            stack.poll();
            if (!stack.configuration().equals(known)) {
                known = stack.configuration();
                changed.accept(known);
            }
            long deadline = stack.deadline();
            // Another task may meanwhile have asked for something that is due earlier.
            waiting.await(() -> isNeeded(deadline), deadline);
        }
        return 0;
    }

    private boolean isNeeded(long deadline) {
        return stopped
                || stack.hasArrivals()
                || stack.deadline() < deadline
                || !stack.configuration().equals(known);
    }

    public void stop() {
        stopped = true;
    }
}
