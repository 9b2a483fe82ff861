// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/** A line on a terminal that says how far a comparison is, written over and over. */
public final class TerminalProgress implements Progress {
    private static final long BETWEEN_LINES = TimeUnit.MILLISECONDS.toNanos(250);

    private final PrintStream terminal;
    private final int rounds;
    private final int contenders;
    private final long start = System.nanoTime();
    private long lastLine = start;
    private int lastRound = -1;

    public TerminalProgress(PrintStream terminal, int rounds, int contenders) {
        this.terminal = terminal;
        this.rounds = rounds;
        this.contenders = contenders;
    }

    @Override
    public void turn(int round, int turns) {
        long now = System.nanoTime();
        if (round == lastRound && now - lastLine < BETWEEN_LINES) {
            return;
        }
        lastLine = now;
        lastRound = round;
        int done = round * contenders + turns;
        int all = (rounds + 1) * contenders;
        long left = (now - start) / done * (all - done);
        String where = round == 0 ? "warming up" : "round " + round + " of " + rounds;
        terminal.print("\r" + where + ", contender " + turns + " of " + contenders + ", "
                + TimeUnit.NANOSECONDS.toSeconds(left) + " s left\033[K");
        terminal.flush();
    }

    /** Wipes the line. */
    public void end() {
        terminal.print("\r\033[K");
        terminal.flush();
    }
}
