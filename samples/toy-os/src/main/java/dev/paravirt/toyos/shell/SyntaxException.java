// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

/** A line that is none of the shell's language; the message is for whoever typed it. */
public final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    SyntaxException(String message) {
        super(message);
    }
}
