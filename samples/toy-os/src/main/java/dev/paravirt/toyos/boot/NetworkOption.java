// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.net.Configuration;
import dev.paravirt.toyos.net.Ipv4Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to do with a network card.
 *
 * @param enabled whether it is used at all
 * @param fixed the addresses; null to ask for them by DHCP
 */
public record NetworkOption(boolean enabled, @Nullable Configuration fixed) {
    /** Asks for addresses. */
    public static final NetworkOption DHCP = new NetworkOption(true, null);

    /** Leaves a card alone. */
    public static final NetworkOption NONE = new NetworkOption(false, null);

    private static final String GATEWAY = "gateway=";
    private static final String NAME_SERVER = "dns=";

    /**
     * Parses {@code dhcp}, {@code none} or {@code ADDRESS/PREFIX[,gateway=ADDRESS][,dns=ADDRESS]...}.
     *
     * @throws IllegalArgumentException if it is something else; says what
     */
    public static NetworkOption parse(String text) {
        if (text.equals("dhcp")) {
            return DHCP;
        }
        if (text.equals("none")) {
            return NONE;
        }
        String[] parts = text.split(",", -1);
        int slash = parts[0].indexOf('/');
        int gateway = 0;
        List<Integer> nameServers = new ArrayList<>();
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].startsWith(GATEWAY)) {
                gateway = address(parts[i].substring(GATEWAY.length()));
            } else if (parts[i].startsWith(NAME_SERVER)) {
                nameServers.add(address(parts[i].substring(NAME_SERVER.length())));
            } else {
                throw new IllegalArgumentException("net= has gateway= and dns=, not " + parts[i]);
            }
        }
        if (slash < 0) {
            throw new IllegalArgumentException("net= is dhcp, none or ADDRESS/PREFIX, not " + text);
        }
        int prefix = prefix(parts[0].substring(slash + 1));
        return new NetworkOption(
                true, new Configuration(address(parts[0].substring(0, slash)), prefix, gateway, nameServers));
    }

    private static int prefix(String text) {
        try {
            int prefix = Integer.parseInt(text);
            if (prefix >= 1 && prefix <= 32) {
                return prefix;
            }
        } catch (NumberFormatException notANumber) {
            // Said below.
        }
        throw new IllegalArgumentException("a prefix of 1 to 32 bits, not " + text);
    }

    private static int address(String text) {
        Integer address = Ipv4Address.parse(text);
        if (address == null || address == 0) {
            throw new IllegalArgumentException("an address such as 10.0.0.1, not " + text);
        }
        return address;
    }
}
