// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** One UDP datagram as it came. */
public record Datagram(int address, int port, byte[] data) {}
