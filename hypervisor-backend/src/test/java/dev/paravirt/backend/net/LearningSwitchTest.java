// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LearningSwitchTest {
    private static final String A = "02:00:00:00:00:0a";
    private static final String B = "02:00:00:00:00:0b";
    private static final String C = "02:00:00:00:00:0c";
    private static final String EVERYBODY = "ff:ff:ff:ff:ff:ff";

    private final AtomicLong seconds = new AtomicLong(1000);
    private final LearningSwitch network = new LearningSwitch(seconds::get);
    private final NetBackend[] ports = {network.addPort(), network.addPort(), network.addPort()};
    private final Frames.Port[] devices = {new Frames.Port(), new Frames.Port(), new Frames.Port()};

    @BeforeEach
    void attach() {
        for (int i = 0; i < ports.length; i++) {
            ports[i].attach(devices[i]);
        }
    }

    /** Sends a frame and says how many frames each device has received since the last time. */
    private String send(int port, String destination, String source) {
        byte[] frame = Frames.headed(destination, source, 60);
        ByteBuf buffer = Frames.buffer(frame);
        ports[port].send(buffer);
        assertThat(buffer.refCnt()).isZero();
        StringBuilder counts = new StringBuilder();
        for (Frames.Port device : devices) {
            device.received.forEach(received -> assertThat(received).isEqualTo(frame));
            counts.append(device.received.size());
            device.received.clear();
        }
        return counts.toString();
    }

    @Test
    void floodsWhatItDoesNotKnowAndNothingElse() {
        assertThat(send(0, B, A)).isEqualTo("011");
        assertThat(send(1, A, B)).isEqualTo("100");
        assertThat(send(0, B, A)).isEqualTo("010");
        assertThat(send(0, EVERYBODY, A)).isEqualTo("011");
        assertThat(send(2, EVERYBODY, C)).isEqualTo("110");
    }

    @Test
    void neverSendsAFrameBack() {
        assertThat(send(0, B, A)).isEqualTo("011");
        assertThat(send(0, C, B)).isEqualTo("011");
        // Both are behind port 0 now.
        assertThat(send(0, A, B)).isEqualTo("000");
        assertThat(send(0, A, A)).isEqualTo("000");
    }

    @Test
    void learnsThatAStationMoved() {
        assertThat(send(0, EVERYBODY, A)).isEqualTo("011");
        assertThat(send(1, A, B)).isEqualTo("100");
        assertThat(send(2, EVERYBODY, A)).isEqualTo("110");
        assertThat(send(1, A, B)).isEqualTo("001");
    }

    @Test
    void forgetsAStationAfterFiveMinutesOfSilence() {
        send(0, EVERYBODY, A);
        seconds.addAndGet(299);
        assertThat(send(1, A, B)).isEqualTo("100");
        seconds.addAndGet(1);
        assertThat(send(1, A, B)).isEqualTo("101");
        send(0, EVERYBODY, A);
        assertThat(send(1, A, B)).isEqualTo("100");
    }

    @Test
    void refusesWhatNoStationSends() {
        assertThat(ports[0].send(Frames.buffer(Frames.headed(B, "33:33:00:00:00:01", 60))))
                .isFalse();
        assertThat(ports[0].send(Frames.buffer(Frames.headed(B, "00:00:00:00:00:00", 60))))
                .isFalse();
        assertThat(ports[0].send(Frames.buffer(new byte[13]))).isFalse();
        assertThat(devices[1].received).isEmpty();
    }

    @Test
    void forgetsWhatWasBehindAPortThatIsGone() {
        send(0, EVERYBODY, A);
        ports[0].close();
        assertThat(send(1, A, B)).isEqualTo("001");
        ports[0].close();
        // Its number is free again, but not its stations.
        NetBackend again = network.addPort();
        again.attach(devices[0]);
        assertThat(send(1, A, B)).isEqualTo("101");
    }

    @Test
    void isQuietWhenNobodyElseIsThere() {
        ports[1].close();
        ports[2].close();
        assertThat(ports[0].send(Frames.buffer(Frames.headed(EVERYBODY, A, 60))))
                .isTrue();
    }

    @Test
    void onePortIsForOneDevice() {
        NetBackend port = ports[0];
        assertThatThrownBy(() -> port.attach(devices[1])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void survivesAGuestThatMakesAddressesUp() {
        send(0, EVERYBODY, A);
        for (int i = 0; i < 100_000; i++) {
            ByteBuf frame = Frames.buffer(Frames.headed(A, B, 60));
            frame.setInt(8, i);
            ports[1].send(frame);
        }
        devices[0].received.clear();
        devices[2].received.clear();
        // Perhaps forgotten, so it may be flooded; it arrives in any case, once.
        assertThat(send(1, A, B)).startsWith("10");
        send(0, EVERYBODY, A);
        assertThat(send(1, A, B)).isEqualTo("100");
    }
}
