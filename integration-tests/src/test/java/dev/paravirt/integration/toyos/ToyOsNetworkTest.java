// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Toy OS guests on our network devices and our switch: from program to program through everything that is ours. */
@Timeout(150)
class ToyOsNetworkTest {
    private final LearningSwitch network = new LearningSwitch();

    private NetDevice card(int number) {
        return new NetDevice(network.addPort(), new NetOptions("02:00:00:00:00:" + (10 + number)));
    }

    @Test
    void aFileIsFetchedByteForByte() throws Exception {
        try (ToyOsGuest server = ToyOsGuest.start(
                        card(1), "net=10.0.0.1/24", "write /big.bin 10000000 7", "sha256 /big.bin", "httpd / 80 -n 2");
                ToyOsGuest client = start(server)) {
            assertThat(client.await()).as("%s", client.lines()).isZero();
            assertThat(server.await()).as("%s", server.lines()).isZero();
            assertThat(client.sha256("/copy.bin")).isEqualTo(server.sha256("/big.bin"));
        }
    }

    private ToyOsGuest start(ToyOsGuest server) throws Exception {
        server.awaitText("serving / on port 80");
        return ToyOsGuest.start(
                card(2),
                "net=10.0.0.2/24",
                "ifconfig",
                "ping 10.0.0.1 -c 3 -i 1 -W 60000",
                "httpget http://10.0.0.1/big.bin -o /copy.bin",
                "sha256 /copy.bin",
                "httpget http://10.0.0.1/",
                "ifconfig -v");
    }

    @Test
    void throughputIsMeasured() throws Exception {
        try (ToyOsGuest server = ToyOsGuest.start(card(1), "net=10.0.0.1/24", "netperf -s -n 2")) {
            server.awaitText("taking on port 5001");
            try (ToyOsGuest client = ToyOsGuest.start(
                    card(2),
                    "net=10.0.0.2/24",
                    "netperf 10.0.0.1 -t 1 -u",
                    "netperf 10.0.0.1 -t 1",
                    "netperf 10.0.0.1 -t 1 -R")) {
                assertThat(client.await()).as("%s", client.lines()).isZero();
                assertThat(client.lines())
                        .filteredOn(line -> line.contains("\"event\":\"netperf\""))
                        .hasSize(3)
                        .noneMatch(line -> line.contains("\"mbPerSecond\":0.000"));
            }
            assertThat(server.await()).as("%s", server.lines()).isZero();
        }
    }

    @Test
    void fiveGuestsReachEachOther() throws Exception {
        List<ToyOsGuest> guests = new ArrayList<>();
        try {
            for (int self = 1; self <= 5; self++) {
                guests.add(ToyOsGuest.start(card(self), scriptOfOneOfFive(self)));
            }
            for (ToyOsGuest guest : guests) {
                assertThat(guest.await()).as("%s", guest.lines()).isZero();
                assertThat(guest.lines())
                        .filteredOn(line -> line.contains("\"event\":\"download\""))
                        .hasSize(8)
                        .allMatch(line -> line.contains("\"bytes\":30000"));
            }
        } finally {
            guests.forEach(ToyOsGuest::close);
        }
    }

    private static String[] scriptOfOneOfFive(int self) {
        List<String> script = new ArrayList<>();
        script.add("net=10.0.0." + self + "/24");
        script.add("write /file 30000 " + self);
        script.add("httpd / 80 -n 8 &");
        for (int other = 1; other <= 5; other++) {
            if (other != self) {
                script.add("httpget http://10.0.0." + other + "/file -o /from" + other + " -r 60");
                script.add("ping 10.0.0." + other + " -c 1 -W 60000");
                // The other is there until it was asked twice by everybody.
                script.add("httpget http://10.0.0." + other + "/file -o /from" + other);
            }
        }
        script.add("wait");
        return script.toArray(new String[0]);
    }
}
