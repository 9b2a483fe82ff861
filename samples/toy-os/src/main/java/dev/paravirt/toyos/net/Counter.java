// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** What the stack counts. Whatever it drops appears in one of these. */
public enum Counter {
    FRAMES_RECEIVED,
    BYTES_RECEIVED,
    FRAMES_SENT,
    BYTES_SENT,
    /** The interface had no room. */
    FRAMES_REFUSED,
    ETHERNET_MALFORMED,
    ETHERNET_NOT_FOR_US,
    ETHERNET_UNKNOWN_TYPE,
    ARP_RECEIVED,
    ARP_MALFORMED,
    /** Somebody else says that our address is theirs. */
    ARP_CONFLICTS,
    /** Packets whose next hop did not answer, or that found the queue for it full. */
    ARP_UNRESOLVED,
    IP_RECEIVED,
    IP_MALFORMED,
    IP_BAD_CHECKSUM,
    IP_FRAGMENT,
    IP_NOT_FOR_US,
    IP_UNKNOWN_PROTOCOL,
    IP_NO_ROUTE,
    ICMP_RECEIVED,
    ICMP_MALFORMED,
    ICMP_IGNORED,
    /** A router or host could not pass on or use what we sent. */
    ICMP_UNREACHABLE,
    UDP_RECEIVED,
    UDP_MALFORMED,
    UDP_NO_PORT,
    UDP_QUEUE_FULL,
    TCP_RECEIVED,
    TCP_SENT,
    TCP_MALFORMED,
    TCP_NO_CONNECTION,
    TCP_UNACCEPTABLE,
    TCP_BACKLOG_FULL,
    /** Acknowledgments of something new. */
    TCP_ADVANCED,
    TCP_RETRANSMITTED,
    TCP_FAST_RETRANSMITTED,
    TCP_OUT_OF_ORDER,
    TCP_RESET_RECEIVED,
    TCP_RESET_SENT,
    TCP_PROBES,
    DHCP_MALFORMED,
    DNS_MALFORMED
}
