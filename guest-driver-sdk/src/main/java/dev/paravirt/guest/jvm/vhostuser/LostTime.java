// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

/**
 * A clock that stands still while there is no back-end, so that no request is late because of that. One thread at a time
 * stops it and lets it go on; any reads it, and sees it never go back.
 */
final class LostTime {
    private enum Phase {
        RUNNING,
        STOPPING,
        STOPPED
    }

    /**
     * @param shown what a stopped clock shows
     * @param lost how far a running one is behind the system's
     */
    private record State(Phase phase, long shown, long lost) {}

    private volatile State state = new State(Phase.RUNNING, 0, 0);

    void stop() {
        State now = state;
        if (now.phase == Phase.RUNNING) {
            // Whoever has read the system's clock by now has read no more than what this clock will show.
            state = new State(Phase.STOPPING, 0, now.lost);
            state = new State(Phase.STOPPED, System.nanoTime() - now.lost, now.lost);
        }
    }

    void goOn() {
        State now = state;
        if (now.phase == Phase.STOPPED) {
            state = new State(Phase.RUNNING, 0, System.nanoTime() - now.shown);
        }
    }

    @SuppressWarnings("ReferenceEquality") // each state is made once
    long nanoTime() {
        while (true) {
            State now = state;
            long time = now.phase == Phase.STOPPED ? now.shown : System.nanoTime() - now.lost;
            if (now.phase != Phase.STOPPING && now == state) {
                return time;
            }
            Thread.onSpinWait();
        }
    }

    boolean isRunning() {
        return state.phase == Phase.RUNNING;
    }
}
