// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What the guest prints by hypercall: its kernel's messages, of which the last are kept. It may print what it likes. */
final class KernelMessages {
    private static final String REPORT = "@toyos ";
    private static final int LONGEST_LINE = 4096;
    private static final int MOST_LINES = 40;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Deque<String> lines = new ArrayDeque<>();

    /** Called with bytes as they come, on a thread of the hypervisor's. */
    synchronized void print(byte[] text) {
        for (byte c : text) {
            if (c == '\n' || line.size() == LONGEST_LINE) {
                keep(line.toString(StandardCharsets.UTF_8));
                line.reset();
            } else {
                line.write(c);
            }
        }
    }

    private void keep(String text) {
        if (text.startsWith(REPORT)) {
            return;
        }
        if (lines.size() == MOST_LINES) {
            lines.removeFirst();
        }
        // What goes to a terminal later must not command it.
        lines.addLast(text.replaceAll("\\p{Cntrl}", "?"));
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }
}
