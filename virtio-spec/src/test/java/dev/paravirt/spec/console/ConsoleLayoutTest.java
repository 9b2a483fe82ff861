// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Layout;
import org.junit.jupiter.api.Test;

class ConsoleLayoutTest {
    @Test
    void configuration() {
        Layout config = new Layout("le16 cols, le16 rows, le32 max_nr_ports, le32 emerg_wr");
        config.matches(ConsoleConfig.class, "");
        assertThat(ConsoleConfig.SIZE).isEqualTo(config.size());
        assertThat(ConsoleConfig.requiredSize(FeatureBits.NONE)).isZero();
        assertThat(ConsoleConfig.requiredSize(FeatureBits.of(ConsoleFeatures.SIZE)))
                .isEqualTo(config.offset("max_nr_ports"));
        assertThat(ConsoleConfig.requiredSize(FeatureBits.of(ConsoleFeatures.MULTIPORT)))
                .isEqualTo(config.offset("emerg_wr"));
        assertThat(ConsoleConfig.requiredSize(FeatureBits.of(ConsoleFeatures.EMERG_WRITE)))
                .isEqualTo(config.size());
    }

    @Test
    void controlMessages() {
        Layout control = new Layout("le32 id, le16 event, le16 value, le16 resize_cols, le16 resize_rows");
        control.matches(ConsoleControl.class, "");
        assertThat(ConsoleControl.SIZE).isEqualTo(control.offset("resize_cols"));
        assertThat(ConsoleControl.RESIZE_SIZE).isEqualTo(control.size());
    }

    @Test
    void queuesAreNumberedAsTheTextListsThem() {
        assertThat(ConsoleQueues.receive(0)).isEqualTo(0);
        assertThat(ConsoleQueues.transmit(0)).isEqualTo(1);
        assertThat(ConsoleQueues.CONTROL_RECEIVE).isEqualTo(2);
        assertThat(ConsoleQueues.CONTROL_TRANSMIT).isEqualTo(3);
        int next = 4;
        for (int port = 1; port < 40; port++) {
            assertThat(ConsoleQueues.receive(port)).isEqualTo(next++);
            assertThat(ConsoleQueues.transmit(port)).isEqualTo(next++);
            assertThat(ConsoleQueues.count(port + 1)).isEqualTo(next);
            assertThat(ConsoleQueues.port(ConsoleQueues.receive(port))).isEqualTo(port);
            assertThat(ConsoleQueues.port(ConsoleQueues.transmit(port))).isEqualTo(port);
            assertThat(ConsoleQueues.isReceive(ConsoleQueues.receive(port))).isTrue();
            assertThat(ConsoleQueues.isReceive(ConsoleQueues.transmit(port))).isFalse();
        }
        assertThat(ConsoleQueues.port(0)).isZero();
        assertThat(ConsoleQueues.port(1)).isZero();
        assertThat(ConsoleQueues.port(2)).isEqualTo(-1);
        assertThat(ConsoleQueues.port(3)).isEqualTo(-1);
        assertThat(ConsoleQueues.port(-1)).isEqualTo(-1);
        assertThat(ConsoleQueues.count(1)).isEqualTo(4);
    }
}
