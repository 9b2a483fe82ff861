// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines of text to the hypervisor. The kernel keeps the last of its own. */
public final class Console {
    private static final int MOST_LINES = 200;

    private final Machine machine;
    private final List<String> log = new ArrayList<>();

    Console(Machine machine) {
        this.machine = machine;
    }

    void print(byte[] text, int start, int length) {
        machine.print(text, start, length);
    }

    /** Prints a line for people, and keeps it in the log. */
    public void line(String text) {
        if (log.size() == MOST_LINES) {
            log.removeFirst();
        }
        log.add(text);
        report(text);
    }

    /** Prints a line that is not for people. */
    public void report(String text) {
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        print(bytes, 0, bytes.length);
    }

    /** A line of the log; null behind the last. */
    @Nullable
    String logged(long index) {
        return index >= 0 && index < log.size() ? log.get((int) index) : null;
    }
}
