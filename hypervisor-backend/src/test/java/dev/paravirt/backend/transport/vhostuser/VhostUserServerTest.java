// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.UnixListener;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.BackEndRequest;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class VhostUserServerTest {
    private static final int SIZE = 4;
    private static final ByteBuffer NOTHING = Message.payload(0);

    @TempDir
    private Path folder;

    private final TestDevice device = new TestDevice(SIZE, SIZE, SIZE);
    private VhostUserServer server;

    static Stream<FeatureBits> rings() {
        FeatureBits all = VhostUserOptions.FEATURES;
        FeatureBits plain = FeatureBits.of(Features.VERSION_1);
        return Stream.of(all.without(Features.RING_PACKED), all, plain, plain.with(Features.RING_PACKED));
    }

    @BeforeEach
    void listen() throws IOException {
        server = VhostUserServer.listen(folder.resolve("s"), device, new VhostUserOptions());
    }

    @AfterEach
    void close() {
        server.close();
        assertThat(device.closes).hasValue(1);
    }

    private TestFrontEnd frontEnd(FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve("s"), features);
    }

    @ParameterizedTest
    @MethodSource("rings")
    void servesEveryRingOfOneFrontEndAfterTheOther(FeatureBits features) throws IOException {
        for (int round = 0; round < 3; round++) {
            try (TestFrontEnd frontEnd = frontEnd(features).begin();
                    TestFrontEnd.Ring zero = frontEnd.ring(0, SIZE).start();
                    TestFrontEnd.Ring two = frontEnd.ring(2, SIZE).start()) {
                for (int i = 1; i < 3 * SIZE; i++) {
                    zero.roundTrip(i);
                    two.roundTrip(-i);
                }
                assertThat(zero.call.drain()).isPositive();
                assertThat(zero.error.drain()).isZero();
                assertThat(device.negotiated).isEqualTo(features);
            }
            int before = round;
            TestDriver.await("the reset", () -> device.resets.get() > before && device.negotiated.isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void goesOnWhereARingWasStopped(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(1, SIZE).start()) {
            for (int stop = 0; stop < 12; stop++) {
                ring.roundTrip(stop + 1);
                int base = ring.stop();
                // Nobody looks now.
                ring.request.putLong(0, 77);
                ring.send(3);
                if (stop % 3 == 1) {
                    frontEnd.setMemoryTable();
                }
                ring.start(base);
                assertThat(ring.awaitUsed()).isEqualTo(3);
                assertThat(ring.answer.getLong(0)).isEqualTo(77);
            }
            if (!features.has(Features.RING_PACKED)) {
                assertThat(ring.stop()).isEqualTo(24);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void finishesWhatIsInFlightBeforeARingStops(FeatureBits features) throws Exception {
        device.hold();
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
            ring.send(1);
            TestDriver.await("a request in flight", () -> device.held.size() == 1);
            frontEnd.send(FrontEndRequest.GET_VRING_BASE, Message.vringState(0, 0));
            assertThat(frontEnd.channel.socket().awaitReadable(50_000_000)).isFalse();
            device.held.getFirst().finish();
            frontEnd.receive(FrontEndRequest.GET_VRING_BASE).close();
            assertThat(ring.driver.poll()).isEqualTo(1);
        }
    }

    /** Receive buffers that wait in the device go back into the ring, unseen by the driver. */
    @ParameterizedTest
    @MethodSource("rings")
    void takesBackWhatTheDeviceHasNotWorkedOn(FeatureBits features) throws IOException {
        device.hold();
        device.givesBackWhenAsked = true;
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
            ring.send(1);
            TestDriver.await("a buffer that waits", () -> device.held.size() == 1);
            int base = ring.stop();
            assertThat(base).isEqualTo(ring.first());
            assertThat(ring.driver.poll()).isNegative();
            device.behaviour = device::echo;
            ring.start(base);
            assertThat(ring.awaitUsed()).isEqualTo(1);
            assertThat(ring.driver.usedLength()).isEqualTo(8);
        }
    }

    @Test
    void aPackedRingThatStartsAtZeroIsANewOne() throws IOException {
        FeatureBits packed = VhostUserOptions.FEATURES;
        try (TestFrontEnd frontEnd = frontEnd(packed).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            for (int i = 0; i < SIZE / 2; i++) {
                ring.roundTrip(5);
            }
            // Once around: the wrap counter is 0, and this time 0 means that.
            int base = ring.stop();
            assertThat(base).isZero();
            ring.start(base).roundTrip(6);
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void startsARingInWhateverOrderItIsDescribed(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features);
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
            ring.enable(true);
            ring.kicked();
            ring.describe();
            frontEnd.setMemoryTable();
            ring.send(1);
            frontEnd.setFeatures(0);
            assertThat(ring.awaitUsed()).isEqualTo(1);
        }
    }

    @Test
    void pausesARingThatIsDisabled() throws IOException {
        FeatureBits features = VhostUserOptions.FEATURES.without(Features.RING_PACKED);
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            ring.roundTrip(1);
            ring.enable(false);
            ring.send(1);
            assertThat(server.session().isQueueStopped(0)).isTrue();
            ring.enable(true);
            assertThat(ring.awaitUsed()).isEqualTo(1);
        }
    }

    @Test
    void looksAtARingThatNobodyKicks() throws IOException {
        FeatureBits features = VhostUserOptions.FEATURES;
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
            ring.describe();
            frontEnd.succeed(FrontEndRequest.SET_VRING_KICK, Message.payloadOf(Payload.VRING_NO_DESCRIPTOR));
            ring.enable(true);
            for (int i = 0; i < 20; i++) {
                ring.driver.disableUsedNotifications();
                ring.roundTrip(i);
            }
        }
    }

    @Test
    void notifiesByMessageWhereThatIsAgreed() throws IOException {
        Path socket = folder.resolve("in-band");
        FeatureBits features = FeatureBits.of(Features.VERSION_1);
        UnixSocket.Pair channel = UnixSocket.pair();
        try (VhostUserServer inBand =
                        VhostUserServer.listen(socket, new TestDevice(SIZE), new VhostUserOptions(features, 1, true));
                TestFrontEnd frontEnd = TestFrontEnd.connect(socket, features);
                MessageChannel requests = new MessageChannel(channel.first());
                UnixSocket far = channel.second()) {
            long protocol = TestFrontEnd.PROTOCOL | 1L << ProtocolFeatures.INBAND_NOTIFICATIONS;
            frontEnd.succeed(FrontEndRequest.SET_PROTOCOL_FEATURES, Message.payloadOf(protocol));
            frontEnd.succeed(FrontEndRequest.SET_BACKEND_REQ_FD, NOTHING, far.descriptor());
            frontEnd.setFeatures(0);
            frontEnd.setMemoryTable();
            try (TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
                frontEnd.succeed(FrontEndRequest.SET_VRING_NUM, Message.vringState(0, SIZE));
                frontEnd.succeed(FrontEndRequest.SET_VRING_ADDR, ring.addresses());
                ring.enable(true);
                ring.send(1);
                frontEnd.succeed(FrontEndRequest.VRING_KICK, Message.vringState(0, 0));
                try (Message call = requireNonNull(requests.receive())) {
                    assertThat(call.request()).isEqualTo(BackEndRequest.VRING_CALL);
                    assertThat(call.getInt(Payload.VRING_INDEX)).isZero();
                }
                assertThat(ring.awaitUsed()).isEqualTo(1);
            }
            assertThat(inBand.session().counters(0).requests()).isEqualTo(1);
        }
    }

    @Test
    void readsWritesAndAnnouncesTheConfiguration() throws IOException {
        UnixSocket.Pair channel = UnixSocket.pair();
        FeatureBits features = FeatureBits.of(Features.VERSION_1);
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                MessageChannel requests = new MessageChannel(channel.first());
                UnixSocket far = channel.second()) {
            frontEnd.succeed(FrontEndRequest.SET_BACKEND_REQ_FD, NOTHING, far.descriptor());
            ByteBuffer write = config(3, 2).put(Payload.CONFIG_BYTES, new byte[] {8, 9});
            frontEnd.succeed(FrontEndRequest.SET_CONFIG, write);
            assertThat(device.config).containsSubsequence(0, 0, 0, 8, 9, 0);
            // Beyond the end there is nothing, and the reply is as long as the request.
            frontEnd.send(FrontEndRequest.GET_CONFIG, config(2, 200));
            try (Message reply = frontEnd.receive(FrontEndRequest.GET_CONFIG)) {
                assertThat(reply.size()).isEqualTo(Payload.CONFIG_BYTES + 200);
                assertThat(reply.getBytes(Payload.CONFIG_BYTES, 4)).containsExactly(0, 8, 9, 0);
            }
            try (TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
                device.host().changeConfiguration(() -> device.config[0] = 1);
                try (Message change = requireNonNull(requests.receive())) {
                    assertThat(change.request()).isEqualTo(BackEndRequest.CONFIG_CHANGE_MSG);
                    assertThat(change.size()).isZero();
                }
                ring.roundTrip(4);
            }
        }
    }

    private static ByteBuffer config(int offset, int length) {
        return Message.payload(Payload.CONFIG_BYTES + length)
                .putInt(Payload.CONFIG_OFFSET, offset)
                .putInt(Payload.CONFIG_LENGTH, length);
    }

    @Test
    void tellsWhatThereIs() throws IOException {
        FeatureBits features = FeatureBits.of(Features.VERSION_1);
        try (TestFrontEnd frontEnd = frontEnd(features).begin()) {
            assertThat(frontEnd.ask(FrontEndRequest.GET_QUEUE_NUM)).isEqualTo(3);
            assertThat(frontEnd.ask(FrontEndRequest.GET_MAX_MEM_SLOTS)).isEqualTo(64);
            assertThat(frontEnd.ask(FrontEndRequest.GET_STATUS)).isZero();
            frontEnd.succeed(FrontEndRequest.SET_STATUS, Message.payloadOf(15));
            assertThat(frontEnd.ask(FrontEndRequest.GET_STATUS)).isEqualTo(15);
            long offered = frontEnd.ask(FrontEndRequest.GET_FEATURES);
            FeatureBits virtio = FeatureBits.ofLongs(offered, 0);
            assertThat(virtio.hasAll(VhostUserOptions.FEATURES)).isTrue();
            assertThat(virtio.has(ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES))
                    .isTrue();
            assertThat(virtio.has(Features.NOTIFICATION_DATA)).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void memoryComesAndGoesRegionByRegion(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                Memfd more = Memfd.create("more", 1 << 16);
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
            ByteBuffer region = Message.payload(Payload.REGIONS + Payload.REGION_SIZE);
            TestFrontEnd.putRegion(region, Payload.REGIONS, 1 << 30, 4096, 0x1000, 0x3010);
            for (int i = 0; i < 3; i++) {
                // Each twice, as QEMU 7.2 does for a network device of two queue pairs.
                frontEnd.succeed(FrontEndRequest.ADD_MEM_REG, region, more.descriptor());
                ring.roundTrip(i);
                frontEnd.succeed(FrontEndRequest.ADD_MEM_REG, region, more.descriptor());
                ring.roundTrip(i + 10);
                frontEnd.succeed(FrontEndRequest.REM_MEM_REG, region);
                ring.roundTrip(-i);
                frontEnd.succeed(FrontEndRequest.REM_MEM_REG, region);
                ring.roundTrip(-i - 10);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void marksThePagesThatItWrites(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                Memfd bitmap = Memfd.create("log", 4096);
                Arena arena = Arena.ofConfined();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
            MemorySegment bits = bitmap.map(0, 4096, arena);
            frontEnd.send(
                    FrontEndRequest.SET_LOG_BASE,
                    Message.payload(Payload.LOG_SIZE).putLong(0, 4096),
                    bitmap.descriptor());
            frontEnd.receive(FrontEndRequest.SET_LOG_BASE).close();
            ring.roundTrip(1);
            assertThat(bits.get(ValueLayout.JAVA_LONG, 0)).isZero();
            frontEnd.setFeatures(1L << ProtocolFeatures.VHOST_F_LOG_ALL);
            ring.roundTrip(2);
            long answer = 1L << (ring.answer.address() >> 12);
            long used = 1L
                    << (features.has(Features.RING_PACKED) ? ring.driver.descriptorArea() : ring.driver.deviceArea())
                            / 4096;
            assertThat(bits.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(answer | used);
        }
    }

    @Test
    void aDriverOfLegacyDevicesIsToldSo() throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(FeatureBits.NONE).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
            ring.describe(0);
            ring.kicked();
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(0, 1)))
                    .isEqualTo(1);
            TestDriver.await("the err descriptor", () -> drain(ring) > 0);
        }
    }

    private static long drain(TestFrontEnd.Ring ring) {
        try {
            return ring.error.drain();
        } catch (LinuxException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void aDeviceThatNeedsAResetGetsItWithTheNextStart(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
            ring.roundTrip(1);
            device.host().needsReset("the test says so");
            TestDriver.await("the err descriptor", () -> drain(ring) > 0);
            ring.stop();
            ring.driver.reset();
            ring.start().roundTrip(2);
            frontEnd.succeed(FrontEndRequest.RESET_DEVICE, NOTHING);
            ring.driver.reset();
            ring.start().roundTrip(3);
        }
    }

    @Test
    void servesADescriptorThatSomebodyElseOpened() throws Exception {
        FeatureBits features = VhostUserOptions.FEATURES;
        UnixSocket.Pair pair = UnixSocket.pair();
        try (VhostUserServer single =
                VhostUserServer.serve(pair.second().descriptor(), new TestDevice(SIZE), new VhostUserOptions())) {
            try (TestFrontEnd frontEnd = new TestFrontEnd(pair.first(), features).begin();
                    TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
                ring.roundTrip(1);
                assertThat(single.awaitEnd(Duration.ZERO)).isFalse();
            }
            assertThat(single.awaitEnd(Duration.ofSeconds(20))).isTrue();
        }
        UnixListener listener = UnixListener.listen(folder.resolve("inherited"));
        try (VhostUserServer many = VhostUserServer.serve(
                listener.descriptor().duplicate(), new TestDevice(SIZE), new VhostUserOptions())) {
            for (int i = 0; i < 2; i++) {
                try (TestFrontEnd frontEnd = TestFrontEnd.connect(folder.resolve("inherited"), features)) {
                    frontEnd.begin();
                }
            }
            assertThat(many.awaitEnd(Duration.ZERO)).isFalse();
        }
        listener.close();
    }

    @Test
    void connectsToAFrontEndThatListens() throws IOException {
        Path path = folder.resolve("front-end");
        FeatureBits features = VhostUserOptions.FEATURES;
        try (VhostUserServer connecting = VhostUserServer.connect(path, new TestDevice(SIZE), new VhostUserOptions());
                UnixListener listener = UnixListener.listen(path)) {
            for (int i = 0; i < 2; i++) {
                assertThat(listener.await(20_000_000_000L)).isTrue();
                try (TestFrontEnd frontEnd = new TestFrontEnd(requireNonNull(listener.accept()), features).begin();
                        TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
                    ring.roundTrip(i + 1);
                }
            }
            assertThat(connecting.session().queueCount()).isEqualTo(1);
        }
    }

    @Test
    void aPathThatIsTakenIsRefusedAndTheDeviceClosed() {
        TestDevice second = new TestDevice(SIZE);
        assertThatThrownBy(() -> VhostUserServer.listen(folder.resolve("s"), second, new VhostUserOptions()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("already listens");
        assertThat(second.closes).hasValue(1);
    }

    /** In flight, the driver sees it finished. */
    @Test
    void closingFinishesWhatIsInFlight() throws Exception {
        FeatureBits features = FeatureBits.of(Features.VERSION_1);
        device.hold();
        try (TestFrontEnd frontEnd = frontEnd(features).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            ring.send(1);
            TestDriver.await("a request in flight", () -> device.held.size() == 1);
            Thread closing = Thread.ofPlatform().start(server::close);
            assertThat(closing.join(Duration.ofMillis(50))).isFalse();
            device.held.getFirst().finish();
            assertThat(closing.join(Duration.ofSeconds(20))).isTrue();
            assertThat(ring.driver.poll()).isEqualTo(1);
            frontEnd.awaitEnd();
        }
    }
}
