// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;

/** A system call that failed, as a program sees it. */
final class UserException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    UserException(String message, Errno errno) {
        super(message);
        this.errno = errno;
    }

    Errno errno() {
        return errno;
    }
}
