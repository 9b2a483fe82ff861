// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.util.concurrent.TimeUnit;

/** A line on the terminal of standard error that says how far a comparison is, written over and over. */
public final class TerminalProgress implements Progress, AutoCloseable {
    private static final long BETWEEN_LINES = TimeUnit.MILLISECONDS.toNanos(250);

    private final boolean isTerminal;
    private final int rounds;
    private final int contenders;
    private final long start = System.nanoTime();
    private long lastLine = start;
    private int lastRound = -1;

    /** @param isTerminal whether there is one; if not, nothing is printed */
    public TerminalProgress(boolean isTerminal, int rounds, int contenders) {
        this.isTerminal = isTerminal;
        this.rounds = rounds;
        this.contenders = contenders;
    }

    @Override
    public void turn(int round, int turns) {
        long now = System.nanoTime();
        if (!isTerminal || (round == lastRound && now - lastLine < BETWEEN_LINES)) {
            return;
        }
        lastLine = now;
        lastRound = round;
        int done = round * contenders + turns;
        int all = (rounds + 1) * contenders;
        long left = (now - start) / done * (all - done);
        String where = round == 0 ? "warming up" : "round " + round + " of " + rounds;
        print(where + ", contender " + turns + " of " + contenders + ", " + TimeUnit.NANOSECONDS.toSeconds(left)
                + " s left");
    }

    private static void print(String text) {
        System.err.print("\r" + text + "\033[K");
        System.err.flush();
    }

    /** Wipes the line. */
    @Override
    public void close() {
        if (isTerminal) {
            print("");
        }
    }
}
