// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import java.util.ArrayList;
import java.util.List;

/** Words parted by blanks; double quotes keep blanks within a word. */
final class CommandLine {
    private CommandLine() {}

    static String[] split(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        boolean started = false;
        for (char c : line.toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
                started = true;
            } else if (c == ' ' && !quoted) {
                if (started) {
                    words.add(word.toString());
                    word.setLength(0);
                    started = false;
                }
            } else {
                word.append(c);
                started = true;
            }
        }
        if (started) {
            words.add(word.toString());
        }
        return words.toArray(new String[0]);
    }
}
