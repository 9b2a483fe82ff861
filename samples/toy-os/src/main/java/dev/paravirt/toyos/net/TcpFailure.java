// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** Why a connection ended other than by agreement. */
enum TcpFailure {
    REFUSED(NetworkException.Reason.REFUSED, "refused the connection"),
    RESET(NetworkException.Reason.RESET, "reset the connection"),
    SILENT(NetworkException.Reason.TIMED_OUT, "does not answer"),
    UNREACHABLE(NetworkException.Reason.UNREACHABLE, "cannot be reached: the network says so"),
    PROTOCOL_UNREACHABLE(NetworkException.Reason.REFUSED, "does not speak TCP there"),
    LATE_DATA(NetworkException.Reason.CLOSED, "sent data that nobody will read"),
    UNREAD(NetworkException.Reason.CLOSED, "was closed with data unread"),
    NOT_ACCEPTED(NetworkException.Reason.CLOSED, "was not accepted"),
    ABORTED(NetworkException.Reason.CLOSED, "was aborted by us");

    private final NetworkException.Reason reason;
    private final String text;

    TcpFailure(NetworkException.Reason reason, String text) {
        this.reason = reason;
        this.text = text;
    }

    NetworkException.Reason reason() {
        return reason;
    }

    String text() {
        return text;
    }
}
