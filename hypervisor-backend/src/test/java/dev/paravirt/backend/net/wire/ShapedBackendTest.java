// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static dev.paravirt.backend.net.wire.WirePort.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.spec.net.NetHeader;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ShapedBackendTest {
    private final LearningSwitch network = new LearningSwitch();
    private final WirePort port = new WirePort();
    private final WirePort otherPort = new WirePort();
    private final NetBackend other = network.addPort();

    @AfterEach
    void everyFrameIsReleased() {
        other.close();
        port.assertAllReleased();
        otherPort.assertAllReleased();
    }

    /** A frame for everybody, behind a header that asks for nothing: switches take offloads. */
    private static byte[] broadcast(int seed) {
        byte[] frame = frame(NetHeader.SIZE + 60, seed);
        Arrays.fill(frame, 0, NetHeader.SIZE, (byte) 0);
        Arrays.fill(frame, NetHeader.SIZE, NetHeader.SIZE + 6, (byte) 0xff);
        frame[NetHeader.SIZE + 6] = 2;
        return frame;
    }

    private ShapedBackend attach(Shape shape) {
        ShapedBackend shaped = new ShapedBackend(network.addPort(), shape);
        shaped.attach(port);
        other.attach(otherPort);
        return shaped;
    }

    @Test
    void delaysInBothDirections() throws Exception {
        try (ShapedBackend shaped = attach(new Shape().delay(Duration.ofMillis(50)))) {
            for (int i = 0; i < 3; i++) {
                long start = System.nanoTime();
                assertThat(port.send(shaped, broadcast(i))).isTrue();
                assertThat(otherPort.take()).isEqualTo(broadcast(i));
                assertThat(otherPort.send(other, broadcast(-i))).isTrue();
                assertThat(port.take()).isEqualTo(broadcast(-i));
                // Not a matter of speed: it cannot be sooner.
                assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
            }
            assertThat(shaped.sent()).isEqualTo(new ShapeCounters(3, 0, 0, 0, 0));
            assertThat(shaped.received()).isEqualTo(new ShapeCounters(3, 0, 0, 0, 0));
        }
    }

    @Test
    void keepsOrderAtARate() throws Exception {
        try (ShapedBackend shaped = attach(new Shape().rate(10_000_000))) {
            for (int i = 0; i < 500; i++) {
                assertThat(port.send(shaped, broadcast(i))).isTrue();
            }
            for (int i = 0; i < 500; i++) {
                assertThat(otherPort.take()).isEqualTo(broadcast(i));
            }
        }
    }

    @Test
    void passesFramesAtOnceIfItHasNothingToDo() {
        try (ShapedBackend shaped = attach(new Shape())) {
            assertThat(port.send(shaped, broadcast(1))).isTrue();
            assertThat(otherPort.poll()).isEqualTo(broadcast(1));
        }
    }

    @Test
    void releasesWhatIsUnderWayAtItsEnd() {
        ShapedBackend shaped = attach(new Shape().delay(Duration.ofSeconds(50)));
        port.send(shaped, broadcast(1));
        otherPort.send(other, broadcast(2));
        shaped.close();
        assertThat(otherPort.poll()).isNull();
        assertThat(port.poll()).isNull();
    }

    @Test
    void refusesWhatCannotBe() {
        Shape shape = new Shape();
        assertThatThrownBy(() -> shape.loss(1.01)).hasMessageContaining("0 to 1");
        assertThatThrownBy(() -> shape.loss(Double.NaN)).hasMessageContaining("0 to 1");
        assertThatThrownBy(() -> shape.delay(Duration.ofSeconds(61))).hasMessageContaining("minute");
        assertThatThrownBy(() -> shape.jitter(Duration.ofMillis(-1))).hasMessageContaining("minute");
        assertThatThrownBy(() -> shape.rate(999)).hasMessageContaining("1000 bits");
        assertThatThrownBy(() -> shape.limit(0)).hasMessageContaining("1 to 65536");
    }
}
