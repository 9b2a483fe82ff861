// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.Arrays;
import java.util.List;

/**
 * The words behind a program's name.
 *
 * @param usage what to say to those who leave some out
 */
record Arguments(String[] words, String usage) {
    String program() {
        return words[0];
    }

    int count() {
        return words.length - 1;
    }

    String get(int index) throws UserException {
        if (index >= count()) {
            throw wrong();
        }
        return words[index + 1];
    }

    String get(int index, String otherwise) {
        return index < count() ? words[index + 1] : otherwise;
    }

    /** All from an index on. */
    List<String> from(int index) {
        return Arrays.asList(words).subList(Math.min(index + 1, words.length), words.length);
    }

    /** Whether the first words are options that contain this letter. */
    boolean has(char option) {
        for (int i = 1; i < words.length && isOption(words[i]); i++) {
            if (words[i].indexOf(option) > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * The words that are no options.
     *
     * @param known letters; any other ends the program
     */
    Arguments operands(String known) throws UserException {
        int first = 1;
        while (first < words.length && isOption(words[first])) {
            for (char letter : words[first].substring(1).toCharArray()) {
                if (known.indexOf(letter) < 0) {
                    throw wrong();
                }
            }
            first++;
        }
        String[] rest = new String[words.length - first + 1];
        rest[0] = words[0];
        System.arraycopy(words, first, rest, 1, rest.length - 1);
        return new Arguments(rest, usage);
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.startsWith("-");
    }

    long number(int index) throws UserException {
        try {
            return Long.parseLong(get(index));
        } catch (NumberFormatException notANumber) {
            throw new UserException("not a number: " + get(index), Errno.INVALID_ARGUMENT);
        }
    }

    /** For a command line that makes no sense. */
    UserException wrong() {
        return new UserException("usage: " + words[0] + (usage.isEmpty() ? "" : " " + usage), Errno.INVALID_ARGUMENT);
    }
}
