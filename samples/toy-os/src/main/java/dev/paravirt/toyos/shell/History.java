// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import java.util.ArrayList;
import java.util.List;

/** The lines entered so far, without repetitions in a row, and the place where a person is looking at them. */
public final class History {
    private static final int MOST = 500;

    private final List<String> lines = new ArrayList<>();
    private int at;
    private String unfinished = "";

    public void add(String line) {
        if (!line.isBlank() && (lines.isEmpty() || !lines.getLast().equals(line))) {
            if (lines.size() == MOST) {
                lines.removeFirst();
            }
            lines.add(line);
        }
    }

    /** The oldest first. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    void begin() {
        at = lines.size();
        unfinished = "";
    }

    /** The line before, or {@code shown} if there is none. */
    String previous(String shown) {
        if (at == 0) {
            return shown;
        }
        if (at == lines.size()) {
            unfinished = shown;
        }
        at--;
        return lines.get(at);
    }

    /** The line after; behind the last it is what had not been entered yet. */
    String next(String shown) {
        if (at == lines.size()) {
            return shown;
        }
        at++;
        return at == lines.size() ? unfinished : lines.get(at);
    }
}
