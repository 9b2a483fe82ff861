// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.PositionalFile;
import dev.paravirt.linux.SignalPipe;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Front-ends that break the rules end their own sessions, and nothing else. */
@Timeout(120)
class HostileFrontEndTest extends HarassedServer {
    private static final ByteBuffer NOTHING = Message.payload(0);

    private TestFrontEnd frontEnd() throws IOException {
        return connect(SPLIT);
    }

    private void endsTheSession(int request, int flags, ByteBuffer payload, FileDescriptor... descriptors)
            throws IOException {
        try (TestFrontEnd frontEnd = frontEnd().begin()) {
            frontEnd.send(request, flags, payload, descriptors);
            frontEnd.awaitEnd();
        }
    }

    static Stream<Integer> requests() {
        return Stream.iterate(0, request -> request <= 45, request -> request + 1);
    }

    /** Every request there is, and two that there are not, with a payload that none has. */
    @ParameterizedTest
    @MethodSource("requests")
    void payloadsOfAWrongSize(int request) throws IOException {
        for (int size : new int[] {7, 9, 273}) {
            if (!fits(request, size)) {
                endsTheSession(request, 0, Message.payload(size));
            }
        }
    }

    /** Memory tables may have room to spare, and configuration spaces any size. */
    private static boolean fits(int request, int size) {
        return switch (request) {
            case FrontEndRequest.SET_MEM_TABLE -> size >= Payload.REGIONS && size <= 264;
            default -> false;
        };
    }

    @ParameterizedTest
    @MethodSource("requests")
    void flagsThatNoRequestHas(int request) throws IOException {
        endsTheSession(request, MessageHeader.REPLY, NOTHING);
        endsTheSession(request, 1 << 31, Message.payloadOf(0));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void moreDescriptorsThanARequestHas(int request) throws IOException {
        try (Eventfd extra = Eventfd.create()) {
            FileDescriptor[] two = {extra.descriptor(), extra.descriptor()};
            endsTheSession(request, 0, NOTHING, two);
            endsTheSession(request, 0, Message.payloadOf(0), two);
        }
    }

    @Test
    void descriptorsThatAreMissing() throws IOException {
        endsTheSession(FrontEndRequest.SET_MEM_TABLE, 0, TestFrontEnd.memoryTable(1));
        endsTheSession(FrontEndRequest.SET_VRING_CALL, 0, Message.payloadOf(0));
        endsTheSession(FrontEndRequest.SET_VRING_KICK, 0, Message.payloadOf(1));
        endsTheSession(FrontEndRequest.SET_BACKEND_REQ_FD, 0, NOTHING);
        endsTheSession(FrontEndRequest.SET_LOG_BASE, 0, Message.payload(Payload.LOG_SIZE));
        endsTheSession(FrontEndRequest.ADD_MEM_REG, 0, Message.payload(40));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 255, -1, Integer.MIN_VALUE + 200})
    void ringsThatThereAreNot(int index) throws IOException {
        endsTheSession(FrontEndRequest.SET_VRING_NUM, 0, Message.vringState(index, 4));
        endsTheSession(FrontEndRequest.SET_VRING_BASE, 0, Message.vringState(index, 0));
        endsTheSession(FrontEndRequest.GET_VRING_BASE, 0, Message.vringState(index, 0));
        endsTheSession(FrontEndRequest.SET_VRING_ENABLE, 0, Message.vringState(index, 1));
        endsTheSession(
                FrontEndRequest.SET_VRING_ADDR,
                0,
                Message.payload(Payload.ADDRESS_SIZE).putInt(Payload.VRING_INDEX, index));
        try (Eventfd bell = Eventfd.create()) {
            long shortened = index & 0xff;
            endsTheSession(FrontEndRequest.SET_VRING_KICK, 0, Message.payloadOf(shortened), bell.descriptor());
            endsTheSession(FrontEndRequest.SET_VRING_CALL, 0, Message.payloadOf(shortened), bell.descriptor());
            endsTheSession(FrontEndRequest.SET_VRING_ERR, 0, Message.payloadOf(shortened), bell.descriptor());
        }
    }

    @Test
    void requestsInAWrongState() throws IOException {
        endsTheSession(FrontEndRequest.VRING_KICK, 0, Message.vringState(0, 0));
        endsTheSession(FrontEndRequest.SEND_RARP, 0, Message.payloadOf(0));
        endsTheSession(FrontEndRequest.SET_VRING_ENABLE, 0, Message.vringState(0, 2));
        endsTheSession(FrontEndRequest.SET_STATUS, 0, Message.payloadOf(256));
        endsTheSession(FrontEndRequest.SET_PROTOCOL_FEATURES, 0, Message.payloadOf(1L << 63));
        // In-band notifications need a channel, and acknowledgements.
        endsTheSession(
                FrontEndRequest.SET_PROTOCOL_FEATURES,
                0,
                Message.payloadOf(1L << ProtocolFeatures.INBAND_NOTIFICATIONS));
        try (TestFrontEnd frontEnd = frontEnd()) {
            frontEnd.send(FrontEndRequest.GET_QUEUE_NUM, NOTHING);
            frontEnd.awaitEnd();
        }
        for (ByteBuffer change : new ByteBuffer[] {Message.vringState(0, 4), Message.vringState(0, 1)}) {
            try (TestFrontEnd frontEnd = frontEnd().begin();
                    TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
                ring.roundTrip(1);
                int request = change.getInt(4) == 4 ? FrontEndRequest.SET_VRING_NUM : FrontEndRequest.SET_VRING_BASE;
                frontEnd.send(request, change);
                frontEnd.awaitEnd();
            }
        }
        try (TestFrontEnd frontEnd = frontEnd().begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            ring.roundTrip(1);
            frontEnd.send(FrontEndRequest.SET_FEATURES, Message.payloadOf(1L << Features.VERSION_1));
            frontEnd.awaitEnd();
        }
    }

    /** Whatever the front-end's reason: it would wait for messages that never come, or send some that are not known. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                ProtocolFeatures.RARP,
                ProtocolFeatures.NET_MTU,
                ProtocolFeatures.CROSS_ENDIAN,
                ProtocolFeatures.CRYPTO_SESSION,
                ProtocolFeatures.PAGEFAULT,
                ProtocolFeatures.BACKEND_SEND_FD,
                ProtocolFeatures.HOST_NOTIFIER,
                ProtocolFeatures.XEN_MMAP,
                ProtocolFeatures.SHARED_OBJECT,
                ProtocolFeatures.DEVICE_STATE,
                ProtocolFeatures.GET_VRING_BASE_INFLIGHT + 1,
                63
            })
    void protocolFeaturesThatAreNotOffered(int feature) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd()) {
            assertThat(frontEnd.ask(FrontEndRequest.GET_PROTOCOL_FEATURES) >>> feature & 1)
                    .isZero();
            frontEnd.send(
                    FrontEndRequest.SET_PROTOCOL_FEATURES, Message.payloadOf(TestFrontEnd.PROTOCOL | 1L << feature));
            frontEnd.awaitEnd();
        }
        try (TestFrontEnd frontEnd = frontEnd().begin()) {
            // Nor later, nor by asking for an acknowledgement.
            frontEnd.send(
                    FrontEndRequest.SET_PROTOCOL_FEATURES,
                    MessageHeader.NEED_REPLY,
                    Message.payloadOf(TestFrontEnd.PROTOCOL | 1L << feature));
            frontEnd.awaitEnd();
        }
    }

    @Test
    void configurationThatThereIsNot() throws IOException {
        for (int[] access : new int[][] {{-1, 4}, {0, 5}, {0, -1}, {253, 4}, {Integer.MAX_VALUE, 4}}) {
            ByteBuffer config = Message.payload(Payload.CONFIG_BYTES + 4)
                    .putInt(Payload.CONFIG_OFFSET, access[0])
                    .putInt(Payload.CONFIG_LENGTH, access[1]);
            endsTheSession(FrontEndRequest.GET_CONFIG, 0, config);
            endsTheSession(FrontEndRequest.SET_CONFIG, 0, config);
        }
    }

    // What is understood and cannot be done is refused, and the session goes on.

    @Test
    void regionsThatOverlapWrapOrAreNotThere() throws IOException {
        long most = Long.MAX_VALUE;
        long[][] regions = {
            {0, 0, 0, 0},
            {-4096, 8192, 0x1000, 0},
            {most - 4095, 4096, 0x1000, 0},
            {0, 4096, -4096 + 1, 0},
            {0, 4096, 0x1000, -1},
            {0, 4096, 0x1000, most},
            {0, most, 0x1000, 0},
            {0, -1, 0x1000, 0},
            {0, TestFrontEnd.MEMORY + 1, 0x1000, 0},
            {0, TestFrontEnd.MEMORY, 0x1000, 1},
            {8, 4096, 0x1000, 0},
            {TestFrontEnd.GUEST + TestFrontEnd.MEMORY - 16, 4096, 0x1000, 0},
        };
        try (TestFrontEnd frontEnd = frontEnd().begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            for (long[] region : regions) {
                ByteBuffer payload = Message.payload(Payload.REGIONS + Payload.REGION_SIZE);
                TestFrontEnd.putRegion(payload, Payload.REGIONS, region[0], region[1], region[2], region[3]);
                assertThat(frontEnd.acknowledged(FrontEndRequest.ADD_MEM_REG, payload, frontEnd.memory()))
                        .isEqualTo(1);
                ring.roundTrip(1);
            }
            FileDescriptor[] twice = {frontEnd.memory(), frontEnd.memory()};
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_MEM_TABLE, TestFrontEnd.memoryTable(2), twice))
                    .isEqualTo(1);
            assertThat(frontEnd.acknowledged(
                            FrontEndRequest.SET_MEM_TABLE, TestFrontEnd.memoryTable(1), ring.kick.descriptor()))
                    .isEqualTo(1);
            ring.roundTrip(2);
        }
    }

    @Test
    void moreRegionsThanThereAreSlots() throws IOException {
        try (TestFrontEnd frontEnd = frontEnd().begin();
                Memfd page = Memfd.create("page", 4096)) {
            ByteBuffer payload = Message.payload(Payload.REGIONS + Payload.REGION_SIZE);
            for (int slot = 1; slot <= 64; slot++) {
                TestFrontEnd.putRegion(payload, Payload.REGIONS, slot * 0x1000_0000L, 4096, slot * 0x2000_0000L, 0);
                assertThat(frontEnd.acknowledged(FrontEndRequest.ADD_MEM_REG, payload, page.descriptor()))
                        .isEqualTo(slot < 64 ? 0 : 1);
            }
        }
    }

    @Test
    void ringsOutsideOfMemory() throws IOException {
        long inside = TestFrontEnd.USER;
        long outside = TestFrontEnd.USER + TestFrontEnd.MEMORY;
        for (long[] areas : new long[][] {
            {outside, inside, inside},
            {inside, -1, inside},
            {inside, inside, 0},
            {inside + 1, inside, inside},
            {inside, inside, outside - 4}
        }) {
            try (TestFrontEnd frontEnd = frontEnd().begin();
                    TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
                ring.describe(0);
                ring.kicked();
                ByteBuffer addresses = Message.payload(Payload.ADDRESS_SIZE)
                        .putLong(Payload.ADDRESS_DESCRIPTOR, areas[0])
                        .putLong(Payload.ADDRESS_AVAILABLE, areas[1])
                        .putLong(Payload.ADDRESS_USED, areas[2]);
                frontEnd.succeed(FrontEndRequest.SET_VRING_ADDR, addresses);
                assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(0, 1)))
                        .isEqualTo(1);
                assertThat(ring.error.drain()).isEqualTo(1);
                // Who does not ask is told by the end of the session.
                frontEnd.send(FrontEndRequest.SET_VRING_KICK, Message.payloadOf(0), ring.kick.descriptor());
                frontEnd.awaitEnd();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, -1, 65536})
    void ringsOfAWrongSize(int size) throws IOException {
        try (TestFrontEnd frontEnd = frontEnd().begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE)) {
            ring.describe(0);
            frontEnd.succeed(FrontEndRequest.SET_VRING_NUM, Message.vringState(0, size));
            ring.kicked();
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(0, 1)))
                    .isEqualTo(1);
        }
    }

    @Test
    void doorbellsThatAreNone() throws IOException {
        try (TestFrontEnd frontEnd = frontEnd().begin();
                SignalPipe pipe = SignalPipe.create();
                PositionalFile file = PositionalFile.open(
                        folder.resolve("file"), Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE))) {
            ByteBuffer zero = Message.payloadOf(0);
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_CALL, zero, pipe.readEnd()))
                    .isEqualTo(1);
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_ERR, zero, file.descriptor()))
                    .isEqualTo(1);
            assertThat(frontEnd.acknowledged(FrontEndRequest.SET_VRING_KICK, zero, file.descriptor()))
                    .isEqualTo(1);
            // A channel on which nothing can be sent is noticed when there is something to send.
            frontEnd.succeed(FrontEndRequest.SET_BACKEND_REQ_FD, NOTHING, file.descriptor());
        }
    }

    /** The ring and the buffers are gone from one moment to the next. */
    @Test
    void memoryThatIsCutOff() throws Exception {
        try (TestFrontEnd frontEnd = frontEnd().begin();
                PositionalFile file = PositionalFile.open(
                        folder.resolve("ram"), Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE))) {
            file.truncate(TestFrontEnd.MEMORY);
            frontEnd.succeed(FrontEndRequest.SET_MEM_TABLE, TestFrontEnd.memoryTable(1), file.descriptor());
            try (TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
                file.truncate(0);
                ring.kick.signal();
                ring.awaitError();
                ring.stop();
                // Nor can it be started again.
                ring.describe(0);
                assertThat(frontEnd.acknowledged(
                                FrontEndRequest.SET_VRING_KICK, Message.payloadOf(0), ring.kick.descriptor()))
                        .isEqualTo(1);
            }
        }
    }

    /** Nothing that any of these brought along is left open, or mapped. */
    @Test
    void manySessionsLeaveNothingOpen() throws IOException {
        int sessions = Boolean.getBoolean("paravirt.thorough") ? 10_000 : 150;
        long before = openAfter(20);
        long mapped = OpenDescriptors.mappings();
        assertThat(openAfter(sessions)).isEqualTo(before);
        assertThat(OpenDescriptors.mappings()).isEqualTo(mapped);
    }

    private long openAfter(int sessions) throws IOException {
        for (int i = 0; i < sessions; i++) {
            try (TestFrontEnd frontEnd = frontEnd().begin(TestFrontEnd.INFLIGHT_PROTOCOL);
                    Memfd notes = frontEnd.getInflight(1 + i % 2, SIZE);
                    TestFrontEnd.Ring ring = frontEnd.ring(i % 2, SIZE).start(0)) {
                if (i % 4 != 0) {
                    assertThat(frontEnd.setInflight(notes, 1 + i % 2, SIZE)).isZero();
                }
                if (i % 3 == 0) {
                    ring.roundTrip(i);
                }
                if (i % 5 == 0) {
                    // Too small, and in use already.
                    assertThat(frontEnd.setInflight(notes, 2, 2 * SIZE)).isOne();
                }
                FileDescriptor[] some =
                        Collections.nCopies(i % 9, ring.call.descriptor()).toArray(FileDescriptor[]::new);
                frontEnd.send(i % 45, i % 2 * MessageHeader.NEED_REPLY, Message.payload(i % 50), some);
            }
        }
        // A front-end that is greeted says that the one before it is over.
        try (TestFrontEnd next = frontEnd()) {
            next.ask(FrontEndRequest.GET_FEATURES);
            return OpenDescriptors.count();
        }
    }
}
