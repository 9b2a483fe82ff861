// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a line.
 *
 * @param operator what it is if it is no word
 * @param word null for an operator
 * @param start where it begins in the line
 */
record Token(String operator, @Nullable Word word, int start) {
    boolean is(String wanted) {
        return word == null && operator.equals(wanted);
    }
}
