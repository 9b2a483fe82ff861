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
