// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;

/** Ends a system call with an error number. Never leaves the kernel. */
final class SystemCallException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    SystemCallException(Errno errno) {
        super(errno.name(), null, false, false);
        this.errno = errno;
    }

    Errno errno() {
        return errno;
    }
}
