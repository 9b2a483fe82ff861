// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReceiveFilterTest {
    private static final long MAC = Ethernet.parse(NetGuest.MAC);

    private static ReceiveFilter filter(String modes) {
        ReceiveFilter filter = ReceiveFilter.initial(MAC, true, true)
                .withTable(
                        new long[] {Ethernet.parse("33:33:00:00:00:01"), Ethernet.parse("02:00:00:00:00:77")},
                        false,
                        false)
                .withVlan(100, true)
                .withVlan(101, true)
                .withVlan(101, false);
        for (char mode : modes.toCharArray()) {
            filter = filter.withMode(mode - '0', true);
        }
        return filter;
    }

    /** Modes are the numbers of the RX commands: 0 PROMISC, 1 ALLMULTI, 2 ALLUNI, 3 NOMULTI, 4 NOUNI, 5 NOBCAST. */
    @ParameterizedTest
    @CsvSource({
        "'',   02:00:00:00:00:01, -1, true",
        "'',   02:00:00:00:00:02, -1, false",
        "'',   02:00:00:00:00:77, -1, true",
        "'',   ff:ff:ff:ff:ff:ff, -1, true",
        "'',   33:33:00:00:00:01, -1, true",
        "'',   33:33:00:00:00:02, -1, false",
        "'',   02:00:00:00:00:01, 100, true",
        "'',   02:00:00:00:00:01, 101, false",
        "'',   02:00:00:00:00:01, 4095, false",
        "0,    02:00:00:00:00:02, -1, true",
        "0,    33:33:00:00:00:02, 101, true",
        "0345, ff:ff:ff:ff:ff:ff, -1, true",
        "1,    33:33:00:00:00:02, -1, true",
        "1,    02:00:00:00:00:02, -1, false",
        "2,    02:00:00:00:00:02, -1, true",
        "2,    33:33:00:00:00:02, -1, false",
        "13,   33:33:00:00:00:01, -1, false",
        "13,   ff:ff:ff:ff:ff:ff, -1, true",
        "24,   02:00:00:00:00:01, -1, false",
        "24,   ff:ff:ff:ff:ff:ff, -1, true",
        "15,   ff:ff:ff:ff:ff:ff, -1, false",
        "15,   33:33:00:00:00:02, -1, true"
    })
    void acceptsWhatTheDriverWants(String modes, String destination, int vlan, boolean accepted) {
        assertThat(filter(modes).accepts(Ethernet.parse(destination), vlan)).isEqualTo(accepted);
    }

    @ParameterizedTest
    @CsvSource({"02:00:00:00:00:02, -1", "33:33:00:00:00:02, -1", "ff:ff:ff:ff:ff:ff, 7"})
    void acceptsEverythingForADriverThatControlsNothing(String destination, int vlan) {
        assertThat(ReceiveFilter.initial(MAC, false, false).accepts(Ethernet.parse(destination), vlan))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"true, 02:00:00:00:00:02, true", "true, 33:33:00:00:00:02, false", "false, 33:33:00:00:00:02, true"})
    void acceptsAKindOfWhichThereAreTooMany(boolean unicast, String destination, boolean accepted) {
        ReceiveFilter filter = ReceiveFilter.initial(MAC, true, false).withTable(new long[0], unicast, !unicast);
        assertThat(filter.accepts(Ethernet.parse(destination), -1)).isEqualTo(accepted);
    }
}
