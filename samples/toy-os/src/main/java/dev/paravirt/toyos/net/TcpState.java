// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** The states of RFC 9293, section 3.3.2; a listener is no connection and has none. */
public enum TcpState {
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
    CLOSED
}
