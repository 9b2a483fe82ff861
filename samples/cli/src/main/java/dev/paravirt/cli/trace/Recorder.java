// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import java.util.ArrayList;
import java.util.List;

/** Takes note of what happens while a request is under way, on whichever thread. */
final class Recorder {
    private final List<Span> spans = new ArrayList<>();
    private boolean on;

    synchronized void start() {
        spans.clear();
        on = true;
    }

    /** Ends the notes. Returns them by the time of their start. */
    synchronized List<Span> stop() {
        on = false;
        return spans.stream()
                .sorted((one, other) -> Long.compare(one.start(), other.start()))
                .toList();
    }

    /** Something that has just ended. */
    void ended(Level level, Span.Kind kind, long what, long address, long start) {
        long end = System.nanoTime();
        synchronized (this) {
            if (on) {
                spans.add(new Span(level, kind, what, address, start, end));
            }
        }
    }
}
