// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import java.io.IOException;
import java.io.Serial;

/** A request that was understood and cannot be done; nothing has changed. A front-end that asked is told so. */
final class RefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
