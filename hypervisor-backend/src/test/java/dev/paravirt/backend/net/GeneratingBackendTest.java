// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.spec.FeatureBits;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@Timeout(60)
class GeneratingBackendTest {
    static final List<FeatureBits> FORMATS = List.of(NetGuest.SPLIT, NetGuest.PACKED);

    @ParameterizedTest
    @FieldSource("FORMATS")
    void fillsEachBufferAndDropsNothing(FeatureBits features) {
        byte[] frame = Frames.frame(NetGuest.MAC, NetGuest.PEER, 64);
        NetOptions options = new NetOptions(NetGuest.MAC);
        try (NetGuest guest = new NetGuest(NetBackend.generating(frame), options, features)) {
            for (int round = 0; round < 500; round++) {
                for (int token = 0; token < 32; token++) {
                    guest.post(token, 2048);
                }
                for (int token = 0; token < 32; token++) {
                    assertThat(guest.receive(token)).isEqualTo(frame);
                }
            }
            guest.send(frame);
            assertThat(guest.device.sent().packets()).isOne();
            assertThat(guest.device.received().packets()).isEqualTo(500 * 32);
            assertThat(guest.device.received().drops()).isZero();
            guest.reset();
            guest.start(features);
            guest.post(7, 2048);
            assertThat(guest.receive(7)).isEqualTo(frame);
        }
    }

    @Test
    void needsAFrame() {
        assertThatThrownBy(() -> NetBackend.generating(new byte[13])).isInstanceOf(IllegalArgumentException.class);
    }
}
