// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** Unwinds the stack of a program that called EXIT. */
final class ProgramExit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    ProgramExit(int status) {
        super("exit " + status, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
