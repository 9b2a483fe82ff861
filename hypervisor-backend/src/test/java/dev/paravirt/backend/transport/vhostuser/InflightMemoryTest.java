// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.linux.Memfd;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Back-ends, one after the other, and the memory that tells the next what was in flight. */
@Timeout(60)
class InflightMemoryTest {
    private static final int SIZE = 4;
    private static final int QUEUES = 2;

    @TempDir
    private Path folder;

    private final TestDevice firstDevice = new TestDevice(SIZE, SIZE);
    private final TestDevice nextDevice = new TestDevice(SIZE, SIZE);
    private VhostUserServer first;
    private VhostUserServer next;

    static Stream<FeatureBits> rings() {
        return VhostUserServerTest.rings();
    }

    @BeforeEach
    void listen() throws IOException {
        first = VhostUserServer.listen(folder.resolve("first"), firstDevice, new VhostUserOptions());
        next = VhostUserServer.listen(folder.resolve("next"), nextDevice, new VhostUserOptions());
    }

    @AfterEach
    void close() {
        next.close();
        firstDevice.held.forEach(TestDevice.Held::finish);
        first.close();
    }

    private TestFrontEnd frontEnd(FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve("first"), features).begin(TestFrontEnd.INFLIGHT_PROTOCOL);
    }

    @Test
    void aRingMayOnlyStopEarlyWhereThereIsMemoryToSaySo() throws IOException {
        try (TestFrontEnd frontEnd = TestFrontEnd.connect(folder.resolve("first"), VhostUserOptions.FEATURES)) {
            assertThat(frontEnd.ask(FrontEndRequest.GET_PROTOCOL_FEATURES) & TestFrontEnd.INFLIGHT_PROTOCOL)
                    .isEqualTo(TestFrontEnd.INFLIGHT_PROTOCOL);
            frontEnd.send(
                    FrontEndRequest.SET_PROTOCOL_FEATURES,
                    Message.payloadOf(1L << ProtocolFeatures.GET_VRING_BASE_INFLIGHT));
            frontEnd.awaitEnd();
        }
    }

    /** Also where the front-end would allow otherwise. */
    @ParameterizedTest
    @MethodSource("rings")
    void aRingThatStopsLeavesNothingInFlight(FeatureBits features) throws IOException {
        firstDevice.hold();
        try (TestFrontEnd frontEnd = frontEnd(features);
                Memfd memory = frontEnd.getInflight(QUEUES, SIZE)) {
            assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
            try (TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start()) {
                ring.send(1);
                TestDriver.await("a request in flight", () -> firstDevice.held.size() == 1);
                frontEnd.send(FrontEndRequest.GET_VRING_BASE, Message.vringState(0, 0));
                assertThat(frontEnd.channel.socket().awaitReadable(50_000_000)).isFalse();
                firstDevice.held.getFirst().finish();
                frontEnd.receive(FrontEndRequest.GET_VRING_BASE).close();
                assertThat(ring.driver.poll()).isEqualTo(1);
                firstDevice.held.clear();
                goesOnAtTheNext(frontEnd, ring, memory);
                assertThat(next.session().counters(0).requests()).isEqualTo(1);
            }
        }
    }

    private void goesOnAtTheNext(TestFrontEnd frontEnd, TestFrontEnd.Ring ring, Memfd memory) throws IOException {
        try (MessageChannel _ = frontEnd.moveTo(folder.resolve("next"))) {
            startAtTheNext(frontEnd, ring, memory);
            ring.roundTrip(7);
        }
    }

    /** Where the ring stands is what the memory says. */
    private static void startAtTheNext(TestFrontEnd frontEnd, TestFrontEnd.Ring ring, Memfd memory) throws IOException {
        frontEnd.begin(TestFrontEnd.INFLIGHT_PROTOCOL);
        assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
        ring.start(0);
    }

    @ParameterizedTest
    @MethodSource("rings")
    void theNextSubmitsAgainWhatWasInFlight(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features);
                Memfd memory = frontEnd.getInflight(QUEUES, SIZE)) {
            assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
            try (TestFrontEnd.Ring ring = frontEnd.ring(1, SIZE).start()) {
                ring.roundTrip(1);
                firstDevice.hold();
                ring.request.putLong(0, 5);
                ring.send(2);
                TestDriver.await("a request in flight", () -> firstDevice.held.size() == 1);
                try (MessageChannel _ = frontEnd.moveTo(folder.resolve("next"))) {
                    startAtTheNext(frontEnd, ring, memory);
                    assertThat(ring.awaitUsed()).isEqualTo(2);
                    assertThat(ring.answer.getLong(0)).isEqualTo(5);
                    ring.roundTrip(6);
                }
                assertThat(next.session().counters(1).requests()).isEqualTo(2);
            }
        }
    }

    /** The worker has not looked at the ring when it is to stop again. */
    @ParameterizedTest
    @MethodSource("rings")
    void aRingThatStopsAtOnceIsDoneWithWhatThePredecessorLeft(FeatureBits features) throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        firstDevice.hold();
        nextDevice.behaviour = (chain, context) -> {
            if (context.queue() == 1) {
                busy.countDown();
                await(free);
            }
            nextDevice.echo(chain, context);
        };
        try (TestFrontEnd frontEnd = frontEnd(features);
                Memfd memory = frontEnd.getInflight(QUEUES, SIZE)) {
            assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
            try (TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start();
                    TestFrontEnd.Ring other = frontEnd.ring(1, SIZE)) {
                ring.request.putLong(0, 9);
                ring.send(1);
                TestDriver.await("a request in flight", () -> firstDevice.held.size() == 1);
                try (MessageChannel _ = frontEnd.moveTo(folder.resolve("next"))) {
                    frontEnd.begin(TestFrontEnd.INFLIGHT_PROTOCOL);
                    assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
                    other.start().send(3);
                    await(busy);
                    ring.start(0);
                    frontEnd.send(FrontEndRequest.GET_VRING_BASE, Message.vringState(0, 0));
                    assertThat(frontEnd.channel.socket().awaitReadable(50_000_000))
                            .isFalse();
                    free.countDown();
                    frontEnd.receive(FrontEndRequest.GET_VRING_BASE).close();
                    assertThat(ring.driver.poll()).isEqualTo(1);
                    assertThat(ring.answer.getLong(0)).isEqualTo(9);
                }
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            // A test that fails is not to wait for ever.
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }
}
