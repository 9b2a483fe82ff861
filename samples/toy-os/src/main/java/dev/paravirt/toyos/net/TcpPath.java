// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * The two ends of a connection; identifies it.
 *
 * @param mss the longest payload that our interface takes; the same for all connections
 */
record TcpPath(int localAddress, int localPort, int remoteAddress, int remotePort, int mss) {}
