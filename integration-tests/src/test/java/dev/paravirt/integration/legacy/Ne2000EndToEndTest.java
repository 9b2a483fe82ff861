// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.guest.legacy.Ne2000Driver;
import dev.paravirt.guest.legacy.Ne2000Options;
import dev.paravirt.guest.legacy.PortTransfer;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.legacy.TrappedGuest.Carrier;
import dev.paravirt.spec.legacy.Ne2000;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The SDK's NE2000 driver on the trapped machine's card, over every carrier of exits. */
class Ne2000EndToEndTest {
    private static final byte[] MAC = {0x52, 0x54, 0, 1, 2, 3};
    private static final long PATIENCE = TrappedGuest.PATIENCE.toNanos();

    /** A cable with another station at its end, which swaps addresses and sends every frame back. */
    private static final class Reflector implements NetBackend {
        private @Nullable NetPort port;
        private boolean closed;

        @Override
        public void attach(NetPort other) {
            port = other;
        }

        @Override
        public boolean send(ByteBuf frame) {
            byte[] bytes = new byte[frame.readableBytes()];
            frame.readBytes(bytes);
            frame.release();
            byte[] destination = Arrays.copyOf(bytes, 6);
            System.arraycopy(bytes, 6, bytes, 0, 6);
            System.arraycopy(destination, 0, bytes, 6, 6);
            deliver(bytes);
            return true;
        }

        boolean deliver(byte[] frame) {
            ByteBuf buffer = Unpooled.wrappedBuffer(frame.clone());
            boolean taken = requireNonNull(port).receive(buffer);
            assertThat(buffer.refCnt()).isZero();
            return taken;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(Carrier.values())
                .flatMap(carrier -> Stream.of(PortTransfer.values()).map(transfer -> Arguments.of(carrier, transfer)));
    }

    private static byte[] frame(Random random, int length) {
        byte[] frame = new byte[length];
        random.nextBytes(frame);
        frame[0] = 2;
        System.arraycopy(MAC, 0, frame, 6, 6);
        return frame;
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void whatIsSentComesBack(Carrier carrier, PortTransfer transfer) throws Exception {
        Reflector reflector = new Reflector();
        Random random = new Random(3);
        try (TrappedGuest guest = carrier.start(new PcBoard().network(reflector, MAC))) {
            Ne2000Driver driver = start(guest, transfer);
            byte[] mac = new byte[6];
            driver.mac(mac);
            assertThat(mac).isEqualTo(MAC);
            byte[] memory = new byte[Ne2000.MAX_FRAME + 16];
            byte[] received = new byte[Ne2000.MAX_FRAME];
            int step = transfer == PortTransfer.STRING ? 7 : 180;
            for (int length = Ne2000.FRAME_HEADER; length <= Ne2000.MAX_FRAME; length += step) {
                byte[] sent = frame(random, length);
                int start = random.nextInt(16);
                System.arraycopy(sent, 0, memory, start, length);
                driver.send(memory, start, length);
                assertThat(driver.awaitReceive(PATIENCE))
                        .as("a frame of " + length)
                        .isTrue();
                int padded = driver.receive(received);
                assertThat(padded).isEqualTo(Math.max(length, Ne2000.MIN_FRAME));
                assertThat(Arrays.copyOfRange(received, 12, length)).isEqualTo(Arrays.copyOfRange(sent, 12, length));
                assertThat(Arrays.copyOf(received, 6)).isEqualTo(MAC);
                assertThat(Arrays.copyOfRange(received, length, padded)).isEqualTo(new byte[padded - length]);
            }
            assertThat(driver.receive(received)).isEqualTo(Ne2000Driver.NONE);
            assertThat(driver.malformed() + driver.overflows() + driver.missed())
                    .isZero();
        }
        assertThat(reflector.closed).isTrue();
    }

    private static Ne2000Driver start(TrappedGuest guest, PortTransfer transfer) throws DeviceException {
        return Ne2000Driver.start(guest.gate(), guest.platform(), Ne2000Options.DEFAULT.withTransfer(transfer));
    }

    @Test
    void aRingThatOverflowsGoesOnAndLosesWhatItMust() throws Exception {
        Reflector network = new Reflector();
        Random random = new Random(4);
        try (TrappedGuest guest = Carrier.THREAD.start(new PcBoard().network(network, MAC))) {
            Ne2000Driver driver = start(guest, PortTransfer.STRING);
            byte[] received = new byte[Ne2000.MAX_FRAME];
            for (int round = 0; round < 5; round++) {
                int kept = 0;
                byte[][] frames = new byte[40][];
                for (int i = 0; i < frames.length; i++) {
                    frames[i] = frame(random, 1000);
                    System.arraycopy(MAC, 0, frames[i], 0, 6);
                    kept += network.deliver(frames[i]) ? 1 : 0;
                }
                assertThat(kept).isBetween(10, 14); // 57 pages, four a frame
                for (int i = 0; i < kept; i++) {
                    assertThat(driver.awaitReceive(PATIENCE)).isTrue();
                    assertThat(driver.receive(received)).isEqualTo(1000);
                    assertThat(Arrays.copyOf(received, 1000)).isEqualTo(frames[i]);
                }
                assertThat(driver.awaitReceive(0)).isFalse();
                assertThat(driver.overflows()).isEqualTo(round + 1);
                assertThat(driver.missed()).isEqualTo(frames.length * (round + 1L) - kept * (round + 1L));
            }
            assertThat(driver.malformed()).isZero();
        }
    }

    @Test
    void framesForOthersAreNotReceived() throws Exception {
        Reflector network = new Reflector();
        byte[] group = {1, 0, 0x5e, 0, 0, 0x7b};
        try (TrappedGuest guest = Carrier.THREAD.start(new PcBoard().network(network, MAC))) {
            Ne2000Driver driver = start(guest, PortTransfer.STRING);
            assertThat(network.deliver(to(MAC))).isTrue();
            assertThat(network.deliver(to(new byte[] {-1, -1, -1, -1, -1, -1}))).isTrue();
            assertThat(network.deliver(to(new byte[] {2, 0, 0, 0, 0, 9}))).isFalse();
            assertThat(network.deliver(to(group))).isFalse();
            driver.joinGroup(group);
            assertThat(network.deliver(to(group))).isTrue();
            assertThat(network.deliver(to(new byte[] {1, 0, 0x5e, 0, 0, 0x7a}))).isFalse();
            driver.setPromiscuous(true);
            assertThat(network.deliver(to(new byte[] {2, 0, 0, 0, 0, 9}))).isTrue();
            assertThat(network.deliver(to(new byte[] {1, 0, 0x5e, 0, 0, 0x7a}))).isTrue();
            driver.setPromiscuous(false);
            assertThat(network.deliver(to(new byte[] {2, 0, 0, 0, 0, 9}))).isFalse();
            driver.stop();
            assertThat(network.deliver(to(MAC))).isFalse();
            assertThat(network.deliver(new byte[13])).isFalse();
            assertThat(network.deliver(new byte[2000])).isFalse();
        }
    }

    private static byte[] to(byte[] destination) {
        return Arrays.copyOf(destination, 60);
    }

    @Test
    void aCardThatIsNotThereIsNotFound() throws Exception {
        try (TrappedGuest guest = Carrier.THREAD.start(new PcBoard())) {
            assertThatThrownBy(() -> start(guest, PortTransfer.STRING))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no NE2000");
        }
    }
}
