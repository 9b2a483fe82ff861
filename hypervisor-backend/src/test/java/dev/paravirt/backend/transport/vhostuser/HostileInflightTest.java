// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.PositionalFile;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.InflightLayout;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Inflight memory that is not what the front-end says, goes away, or says what cannot be. */
@Timeout(600)
class HostileInflightTest extends HarassedServer {
    private static final long MEMORY = (long) QUEUES * InflightLayout.queueRegionSize(SIZE);

    /** Size, offset, queues and descriptors that a front-end says of memory that is just large enough. */
    static final long[][] WRONG = {
        {MEMORY - 1, 0, QUEUES, SIZE},
        {0, 0, QUEUES, SIZE},
        {-1, 0, QUEUES, SIZE},
        {Long.MIN_VALUE, 0, QUEUES, SIZE},
        {MEMORY, 16, QUEUES, SIZE},
        {MEMORY, 4096, QUEUES, SIZE},
        {MEMORY, 8, 1, SIZE},
        {MEMORY, -16, 1, SIZE},
        {MEMORY, Long.MAX_VALUE - 15, 1, SIZE},
        {Long.MAX_VALUE, 16, 1, SIZE},
        {MEMORY, 0, 0, SIZE},
        {MEMORY, 0, QUEUES + 1, SIZE},
        {MEMORY, 0, 65535, 1},
        {MEMORY, 0, 1, 0},
        {MEMORY, 0, 1, 32769},
        {MEMORY, 0, 1, 65535},
        {MEMORY, 0, QUEUES, SIZE + 1},
        {1 << 30, 0, QUEUES, 32768},
    };

    private TestFrontEnd frontEnd(FeatureBits features) throws IOException {
        return connect(features).begin(TestFrontEnd.INFLIGHT_PROTOCOL);
    }

    static Stream<FeatureBits> rings() {
        return VhostUserServerTest.rings();
    }

    @ParameterizedTest
    @FieldSource("WRONG")
    void memoryThatIsNotThere(long[] said) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(SPLIT);
                Memfd memory = Memfd.create("just enough", MEMORY);
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            ByteBuffer description = TestFrontEnd.inflight(said[0], said[1], (int) said[2], (int) said[3]);
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_INFLIGHT_FD, description, memory.descriptor()))
                    .isOne();
            ring.roundTrip(1);
            // Who does not ask is told by the end of the session.
            frontEnd.send(FrontEndRequest.SET_INFLIGHT_FD, description, memory.descriptor());
            frontEnd.awaitEnd();
        }
    }

    @Test
    void whatIsNoMemory() throws IOException {
        ByteBuffer description = TestFrontEnd.inflight(MEMORY, 0, QUEUES, SIZE);
        try (TestFrontEnd frontEnd = frontEnd(SPLIT);
                Eventfd bell = Eventfd.create()) {
            for (FileDescriptor other : new FileDescriptor[] {
                bell.descriptor(), frontEnd.channel.socket().descriptor()
            }) {
                assertThat(frontEnd.acknowledged(FrontEndRequest.SET_INFLIGHT_FD, description, other))
                        .isOne();
            }
        }
    }

    @Test
    void messagesOfAWrongShape() throws IOException {
        ByteBuffer description = TestFrontEnd.inflight(MEMORY, 0, QUEUES, SIZE);
        try (Memfd memory = Memfd.create("just enough", MEMORY)) {
            FileDescriptor one = memory.descriptor();
            endsTheSession(FrontEndRequest.SET_INFLIGHT_FD, description);
            endsTheSession(FrontEndRequest.SET_INFLIGHT_FD, description, one, one);
            endsTheSession(FrontEndRequest.GET_INFLIGHT_FD, description, one);
            for (int size : new int[] {0, Payload.INFLIGHT_LEAST_SIZE - 1, Payload.INFLIGHT_SIZE + 1}) {
                endsTheSession(FrontEndRequest.SET_INFLIGHT_FD, Message.payload(size), one);
                endsTheSession(FrontEndRequest.GET_INFLIGHT_FD, Message.payload(size));
            }
            for (int[] shape : new int[][] {{0, SIZE}, {QUEUES + 1, SIZE}, {1, 0}, {1, 32769}, {65535, 65535}}) {
                endsTheSession(FrontEndRequest.GET_INFLIGHT_FD, TestFrontEnd.inflight(0, 0, shape[0], shape[1]));
            }
            try (TestFrontEnd without = connect(SPLIT).begin()) {
                without.send(FrontEndRequest.SET_INFLIGHT_FD, description, one);
                without.awaitEnd();
            }
        }
    }

    private void endsTheSession(int request, ByteBuffer payload, FileDescriptor... descriptors) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(SPLIT)) {
            frontEnd.send(request, MessageHeader.NEED_REPLY, payload, descriptors);
            frontEnd.awaitEnd();
        }
    }

    @ParameterizedTest
    @MethodSource("rings")
    void memoryForFewerDescriptorsThanARingHas(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features);
                Memfd less = frontEnd.getInflight(QUEUES, SIZE / 2);
                Memfd enough = frontEnd.getInflight(QUEUES, SIZE);
                TestFrontEnd.Ring ring = frontEnd.ring(1, SIZE)) {
            assertThat(frontEnd.setInflight(less, QUEUES, SIZE / 2)).isZero();
            ring.describe();
            ring.kicked();
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(1, 1)))
                    .isOne();
            assertThat(ring.error.drain()).isOne();
            assertThat(frontEnd.setInflight(enough, QUEUES, SIZE)).isZero();
            ring.start().roundTrip(1);
        }
    }

    /** Gone while a ring is served, and before one starts. */
    @ParameterizedTest
    @MethodSource("rings")
    void memoryThatIsCutOff(FeatureBits features) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd(features);
                PositionalFile file = PositionalFile.open(
                        folder.resolve("notes"), Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE));
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE);
                TestFrontEnd.Ring other = frontEnd.ring(1, SIZE)) {
            file.truncate(MEMORY);
            ByteBuffer description = TestFrontEnd.inflight(MEMORY, 0, QUEUES, SIZE);
            frontEnd.succeed(FrontEndRequest.SET_INFLIGHT_FD, description, file.descriptor());
            ring.start().roundTrip(1);
            file.truncate(0);
            ring.send(1);
            ring.awaitError();
            ring.stop();
            other.describe();
            other.kicked();
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(1, 1)))
                    .isOne();
            // Nothing can be noted there, not even that nothing is in flight.
            frontEnd.send(FrontEndRequest.RESET_DEVICE, Message.payload(0));
            frontEnd.awaitEnd();
        }
    }

    /** Any bytes, most of them behind a header that is right: a ring starts or does not, and stops again. */
    @ParameterizedTest
    @MethodSource("rings")
    void memoryThatIsFullOfAnything(FeatureBits features) throws IOException {
        int rounds = Boolean.getBoolean("paravirt.thorough") ? 10_000 : 200;
        Random dice = new Random(17);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            try (TestFrontEnd frontEnd = frontEnd(features);
                    Memfd memory = Memfd.create("anything", MEMORY);
                    TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
                fill(memory, dice, round % 4);
                assertThat(frontEnd.setInflight(memory, QUEUES, SIZE)).isZero();
                ring.describe();
                ring.kicked();
                ring.send(1);
                long acknowledged = frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(0, 1));
                refused += (int) acknowledged;
                ring.kick.signal();
                ring.stop();
            }
        }
        assertThat(refused).isPositive().isLessThan(rounds);
    }

    /** @param kind 0: any bytes; 1: in the entries; otherwise small numbers in some places, which are more often right */
    private static void fill(Memfd memory, Random dice, int kind) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemoryRegion notes = new MemoryRegion(0, memory.map(0, MEMORY, arena));
            byte[] bytes = new byte[(int) MEMORY];
            if (kind < 2) {
                dice.nextBytes(bytes);
            } else {
                for (int change = dice.nextInt(1, 40); change > 0; change--) {
                    bytes[dice.nextInt(bytes.length)] = (byte) dice.nextInt(SIZE + 2);
                }
            }
            notes.put(0, bytes, 0, bytes.length);
            if (kind != 0) {
                int header = InflightLayout.CURRENT_VERSION | SIZE << 16;
                notes.putInt(InflightLayout.VERSION, header);
            }
            if (kind == 1) {
                notes.putInt(InflightLayout.SPLIT_LAST_BATCH_HEAD, dice.nextInt(SIZE) | dice.nextInt(2) << 16);
            }
        }
    }
}
