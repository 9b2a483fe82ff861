// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.io.IOException;

/** A network operation that failed: says which, with whom, and why. */
public final class NetworkException extends IOException {
    private static final long serialVersionUID = 1;

    /** What kind of failure it was. */
    public enum Reason {
        /** An argument that cannot be, such as port 70000. */
        INVALID,
        /** The port has another user, or all are in use. */
        IN_USE,
        /** There are as many connections as there can be. */
        TOO_MANY,
        /** Neither on our network, nor is a gateway known; or the network said so. */
        UNREACHABLE,
        /** The peer does not take connections there. */
        REFUSED,
        /** The peer ended the connection without warning. */
        RESET,
        /** Nobody answers. */
        TIMED_OUT,
        /** This end was closed. */
        CLOSED,
        /** It does not fit the interface. */
        TOO_LONG,
        /** The name is not known. */
        NO_SUCH_NAME
    }

    private final Reason reason;

    NetworkException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
