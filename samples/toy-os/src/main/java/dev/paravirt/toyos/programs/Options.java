// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The words behind a program's name, told apart into options, which begin with a dash, and operands. */
final class Options {
    private final Arguments arguments;
    private final Map<String, String> options = new HashMap<>();
    private final List<String> operands = new ArrayList<>();

    /**
     * @param flags options without a value, such as {@code "-R"}, parted by blanks
     * @param valued options that are followed by a value
     */
    Options(Arguments arguments, String flags, String valued) throws UserException {
        this.arguments = arguments;
        List<String> alone = List.of(flags.split(" "));
        List<String> followed = List.of(valued.split(" "));
        for (int i = 0; i < arguments.count(); i++) {
            String word = arguments.get(i);
            if (followed.contains(word) && i + 1 < arguments.count()) {
                i++;
                options.put(word, arguments.get(i));
            } else if (alone.contains(word)) {
                options.put(word, "");
            } else if (word.startsWith("-") && word.length() > 1) {
                throw misused();
            } else {
                operands.add(word);
            }
        }
    }

    UserException misused() {
        return arguments.wrong();
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    String value(String option, String otherwise) {
        return options.getOrDefault(option, otherwise);
    }

    int number(String option, int otherwise, int least, int most) throws UserException {
        String text = options.get(option);
        return text == null ? otherwise : number(text, least, most);
    }

    int number(String text, int least, int most) throws UserException {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Said below.
        }
        throw new UserException(text + " is no number from " + least + " to " + most, Errno.INVALID_ARGUMENT);
    }

    /** The operands, of which there must be some number. */
    List<String> operands(int least, int most) throws UserException {
        if (operands.size() < least || operands.size() > most) {
            throw misused();
        }
        return operands;
    }
}
