// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.PrintStream;
import java.time.Duration;

/**
 * Says what is being done: on a terminal in one line that is written over, elsewhere in a line now and then. Finished
 * lines stay. For any thread.
 */
public final class Progress {
    private static final long QUIET_NANOS = Duration.ofSeconds(2).toNanos();
    private static final int BAR = 24;
    /** What fits on any terminal. */
    private static final int WIDTH = 79;

    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintStream out;
    private final boolean terminal;
    private final long started = System.nanoTime();
    private long lastPlainLine = started;
    private boolean lineIsOpen;
    private int from;
    private int to = 100;

    public Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** What is going on now, of which the end is not known. */
    synchronized void now(String what) {
        show(what + " ...");
    }

    /** What is said to be done from now on is of a part of the whole: from one percentage of that to another. */
    synchronized void part(int first, int last) {
        from = first;
        to = last;
    }

    /** So much of the part is done, and {@code what} has begun. */
    synchronized void at(int percentOfPart, String what) {
        int percent = from + percentOfPart * (to - from) / 100;
        int full = percent * BAR / 100;
        String bar = terminal ? "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " : "";
        show(String.format("%s%3d%%  %s", bar, percent, what));
    }

    /** Prints a line that stays. */
    synchronized void line(String text) {
        close();
        out.println(text.stripTrailing());
        out.flush();
    }

    /** Takes the unfinished line away. */
    synchronized void close() {
        if (lineIsOpen) {
            out.print(CLEAR_LINE);
            out.flush();
            lineIsOpen = false;
        }
    }

    double seconds() {
        return (System.nanoTime() - started) / 1e9;
    }

    private void show(String text) {
        if (terminal) {
            out.print(CLEAR_LINE + (text.length() > WIDTH ? text.substring(0, WIDTH) : text));
            out.flush();
            lineIsOpen = true;
            return;
        }
        long now = System.nanoTime();
        if (now - lastPlainLine >= QUIET_NANOS) {
            lastPlainLine = now;
            out.println("  ... " + text);
            out.flush();
        }
    }
}
