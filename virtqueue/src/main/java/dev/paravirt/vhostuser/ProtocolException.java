// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.vhostuser;

import java.io.IOException;
import java.io.Serial;

/** The peer broke the rules of the protocol. What it meant is unknown from then on: the connection has to end. */
public final class ProtocolException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /** @param message says what the peer did */
    public ProtocolException(String message) {
        super(message);
    }
}
