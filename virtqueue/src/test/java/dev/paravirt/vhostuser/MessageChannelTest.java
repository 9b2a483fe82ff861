// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MessageChannelTest {
    private static final long SECONDS_20 = TimeUnit.SECONDS.toNanos(20);

    private final Arena arena = Arena.ofConfined();
    private UnixSocket raw;
    private MessageChannel near;
    private MessageChannel far;

    @BeforeEach
    void open() throws LinuxException {
        UnixSocket.Pair pair = UnixSocket.pair();
        raw = pair.first();
        near = new MessageChannel(raw);
        far = new MessageChannel(pair.second(), Duration.ofMillis(50));
    }

    @AfterEach
    void close() {
        near.close();
        far.close();
        arena.close();
    }

    private void sendRaw(int flags, int size, int sent, FileDescriptor... descriptors) throws LinuxException {
        MemorySegment bytes = arena.allocate(MessageHeader.SIZE + (long) sent);
        bytes.set(ValueLayout.JAVA_INT_UNALIGNED, MessageHeader.REQUEST, 7);
        bytes.set(ValueLayout.JAVA_INT_UNALIGNED, MessageHeader.FLAGS, flags);
        bytes.set(ValueLayout.JAVA_INT_UNALIGNED, MessageHeader.PAYLOAD_SIZE, size);
        raw.send(bytes, List.of(descriptors), SECONDS_20);
    }

    @Test
    void carriesMessagesOneAfterTheOther() throws IOException {
        near.send(3, 0, Message.payload(0), List.of());
        near.send(-1, MessageHeader.NEED_REPLY, Message.vringState(5, -6), List.of());
        near.send(9, MessageHeader.REPLY, Message.payloadOf(0x0102_0304_0506_0708L), List.of());
        try (Message first = requireNonNull(far.receive());
                Message second = requireNonNull(far.receive());
                Message third = requireNonNull(far.receive())) {
            assertThat(first.request()).isEqualTo(3);
            assertThat(first.size()).isZero();
            assertThat(first.needsReply()).isFalse();
            assertThat(second.request()).isEqualTo(-1);
            assertThat(second.needsReply()).isTrue();
            assertThat(second.getInt(Payload.VRING_INDEX)).isEqualTo(5);
            assertThat(second.getInt(Payload.VRING_NUM)).isEqualTo(-6);
            assertThat(third.flags()).isEqualTo(MessageHeader.VERSION | MessageHeader.REPLY);
            assertThat(third.getLong(0)).isEqualTo(0x0102_0304_0506_0708L);
            assertThat(third.getBytes(0, 2)).containsExactly(8, 7);
            assertThatThrownBy(() -> third.getLong(1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
        near.close();
        assertThat(far.receive()).isNull();
    }

    @Test
    void descriptorsThatNobodyTakesAreClosed() throws IOException {
        try (Eventfd bell = Eventfd.create()) {
            near.send(1, 0, Message.payloadOf(1), Collections.nCopies(8, bell.descriptor()));
            FileDescriptor taken;
            try (Message message = requireNonNull(far.receive())) {
                assertThat(message.descriptorCount()).isEqualTo(8);
                taken = message.take(7);
                assertThatThrownBy(() -> message.take(7)).isInstanceOf(IllegalStateException.class);
            }
            try (Eventfd same = Eventfd.adopt(taken)) {
                same.signal();
                assertThat(bell.drain()).isEqualTo(1);
            }
        }
    }

    @Test
    void moreDescriptorsThanAnyMessageHasAreRefused() throws IOException {
        try (Eventfd bell = Eventfd.create()) {
            near.send(1, 0, Message.payloadOf(1), Collections.nCopies(9, bell.descriptor()));
            assertThatThrownBy(far::receive).hasMessageContaining("more than the 8 descriptors");
        }
    }

    @Test
    void whatIsNoMessageIsRefused() throws IOException {
        sendRaw(2, 0, 0);
        assertThatThrownBy(far::receive).isInstanceOf(ProtocolException.class).hasMessageContaining("version 2");
        sendRaw(1, Payload.MAX_SIZE + 1, 0);
        assertThatThrownBy(far::receive).isInstanceOf(ProtocolException.class).hasMessageContaining("1025 bytes");
        sendRaw(1, -1, 0);
        assertThatThrownBy(far::receive).isInstanceOf(ProtocolException.class).hasMessageContaining("4294967295");
    }

    @Test
    void halfAMessageHoldsNobodyUp() throws IOException {
        try (Eventfd bell = Eventfd.create()) {
            sendRaw(1, 8, 7, bell.descriptor());
            assertThatThrownBy(far::receive)
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("in time");
            sendRaw(1, 8, 7, bell.descriptor());
            near.close();
            assertThatThrownBy(far::receive)
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("middle");
        }
    }

    @Test
    void aPeerThatDoesNotReadHoldsNobodyUp() {
        ByteBuffer payload = Message.payload(Payload.MAX_SIZE);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100_000; i++) {
                        far.send(1, 0, payload, List.of());
                    }
                })
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("does not read");
    }
}
