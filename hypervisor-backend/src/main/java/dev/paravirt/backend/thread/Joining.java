// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.thread;

/** How threads are waited for that were told to end. */
public final class Joining {
    private Joining() {}

    /**
     * Waits for the end of a thread; one that never started has ended. An interrupt is kept for later: the thread ends soon,
     * and what it uses must stay until then.
     */
    public static void uninterrupted(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
