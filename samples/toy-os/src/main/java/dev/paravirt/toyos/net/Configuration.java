// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.List;

/**
 * How the stack is addressed.
 *
 * @param address 0 as long as there is none
 * @param prefix bits of the address that name the network
 * @param gateway 0 for none
 * @param nameServers in the order in which they are asked
 */
public record Configuration(int address, int prefix, int gateway, List<Integer> nameServers) {
    public static final Configuration NONE = new Configuration(0, 0, 0, List.of());

    public Configuration {
        if (prefix < 0 || prefix > 32) {
            throw new IllegalArgumentException("a prefix has 0 to 32 bits, not " + prefix);
        }
        nameServers = List.copyOf(nameServers);
    }

    /** In words, such as {@code 10.0.0.5/24, gateway 10.0.0.1, name server 10.0.0.1}. */
    @Override
    public String toString() {
        if (address == 0) {
            return "no address";
        }
        StringBuilder text = new StringBuilder(Ipv4Address.format(address) + "/" + prefix);
        if (gateway != 0) {
            text.append(", gateway ").append(Ipv4Address.format(gateway));
        }
        for (int server : nameServers) {
            text.append(", name server ").append(Ipv4Address.format(server));
        }
        return text.toString();
    }

    int mask() {
        return prefix == 0 ? 0 : -1 << 32 - prefix;
    }

    boolean onLink(int other) {
        return address != 0 && ((address ^ other) & mask()) == 0;
    }

    boolean isBroadcast(int other) {
        return other == Ipv4Address.BROADCAST || prefix > 0 && prefix < 31 && onLink(other) && (other | mask()) == -1;
    }
}
