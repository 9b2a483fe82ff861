// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.trap.Exit;

/** The ports of one device, with a count of accesses; a string counts as often as it exits. */
final class CountedPorts implements PortGate {
    private final PortGate ports;
    private long accesses;

    CountedPorts(PortGate ports) {
        this.ports = ports;
    }

    long accesses() {
        return accesses;
    }

    @Override
    public int in(int port, int width) {
        accesses++;
        return ports.in(port, width);
    }

    @Override
    public void out(int port, int width, int value) {
        accesses++;
        ports.out(port, width, value);
    }

    @Override
    public void inString(int port, int width, byte[] destination, int start, int length) {
        accesses += Math.ceilDiv(length, Exit.MAX_STRING);
        ports.inString(port, width, destination, start, length);
    }

    @Override
    public void outString(int port, int width, byte[] source, int start, int length) {
        accesses += Math.ceilDiv(length, Exit.MAX_STRING);
        ports.outString(port, width, source, start, length);
    }
}
