// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import java.util.List;

/** Knows how what was typed may go on. */
@FunctionalInterface
public interface Completer {
    /** @param line what is typed before the cursor */
    Completion complete(String line);

    /**
     * Ways to go on.
     *
     * @param typed the last characters of the line, which a candidate takes the place of
     * @param candidates in the order to show them
     */
    record Completion(String typed, List<Candidate> candidates) {
        public static final Completion NONE = new Completion("", List.of());

        public Completion {
            candidates = List.copyOf(candidates);
        }
    }

    /**
     * One way to go on.
     *
     * @param text as it is to be typed
     * @param end what to type behind it if there is no other way
     * @param label as it is shown in a list
     */
    record Candidate(String text, String end, String label) {}
}
