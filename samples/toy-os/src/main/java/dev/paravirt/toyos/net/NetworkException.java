// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.io.IOException;

/** A network operation that failed: says which, with whom, and why. */
public final class NetworkException extends IOException {
    private static final long serialVersionUID = 1;

    NetworkException(String message) {
        super(message);
    }
}
