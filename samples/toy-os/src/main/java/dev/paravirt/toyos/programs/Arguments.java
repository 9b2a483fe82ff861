// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;

/** The words behind a program's name. */
record Arguments(String[] words) {
    int count() {
        return words.length - 1;
    }

    String get(int index) throws UserException {
        if (index >= count()) {
            throw new UserException("argument " + (index + 1) + " is missing", Errno.INVALID_ARGUMENT);
        }
        return words[index + 1];
    }

    String get(int index, String otherwise) {
        return index < count() ? words[index + 1] : otherwise;
    }

    long number(int index) throws UserException {
        try {
            return Long.parseLong(get(index));
        } catch (NumberFormatException notANumber) {
            throw new UserException(get(index) + " is not a number", Errno.INVALID_ARGUMENT);
        }
    }
}
