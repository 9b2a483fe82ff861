// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A port of this host's whose connections or datagrams go to a port of the guest's.
 *
 * @param protocol of the ports
 * @param address of this host's at which others reach it, as a number: 127.0.0.1 for this host alone, 0.0.0.0 for all
 * @param hostPort 1 to 65535; below 1024 the system may refuse it
 * @param guestPort 1 to 65535
 */
public record PortForward(Protocol protocol, String address, int hostPort, int guestPort) {
    /** What has ports. */
    public enum Protocol {
        /** Connections. */
        TCP,
        /** Datagrams. */
        UDP
    }

    private static final String LOOPBACK = "127.0.0.1";

    /** @throws IllegalArgumentException if a port or the address cannot be one */
    public PortForward {
        if (!isPort(hostPort) || !isPort(guestPort)) {
            throw new IllegalArgumentException("a port is 1 to 65535: " + hostPort + ":" + guestPort);
        }
        if (!address.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
            throw new IllegalArgumentException("an address of this host is a number such as 0.0.0.0, not " + address);
        }
        try {
            // A number, as was seen: nobody is asked for it.
            InetAddress.getByName(address);
        } catch (UnknownHostException malformed) {
            throw new IllegalArgumentException(address + " is no IP address", malformed);
        }
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65535;
    }

    /**
     * Reads {@code [ADDRESS/]HOSTPORT:GUESTPORT}, such as {@code 8080:80}, or {@code [ADDRESS/]PORT} for the same port on
     * both sides. Without an address, the port can be reached from this host alone.
     *
     * @throws IllegalArgumentException if it is not that
     */
    public static PortForward parse(Protocol protocol, String text) {
        String key = protocol == Protocol.TCP ? "tcp" : "udp";
        int slash = text.indexOf('/');
        String address = slash < 0 ? LOOPBACK : text.substring(0, slash);
        String ports = text.substring(slash + 1);
        int colon = ports.indexOf(':');
        if (!ports.matches("\\d{1,5}(:\\d{1,5})?")) {
            throw new IllegalArgumentException(
                    key + " forwards [ADDRESS/]HOSTPORT:GUESTPORT, such as " + key + "=8080:80, not " + text);
        }
        String host = colon < 0 ? ports : ports.substring(0, colon);
        return new PortForward(
                protocol, address, WireText.port(key, host), WireText.port(key, ports.substring(colon + 1)));
    }

    @Override
    public String toString() {
        return (protocol == Protocol.TCP ? "tcp " : "udp ") + address + "/" + hostPort + ":" + guestPort;
    }
}
