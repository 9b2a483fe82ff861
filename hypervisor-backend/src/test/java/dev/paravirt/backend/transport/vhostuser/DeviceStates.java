// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.linux.ByteStream;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Front-ends that move devices, and devices that have something to move. */
final class DeviceStates {
    static final long PROTOCOL = TestFrontEnd.PROTOCOL | 1L << ProtocolFeatures.DEVICE_STATE;
    static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1);
    static final FeatureBits CONTROLLED =
            FeatureBits.of(NetFeatures.CTRL_VQ, NetFeatures.CTRL_RX, NetFeatures.CTRL_VLAN, NetFeatures.CTRL_MAC_ADDR);

    private DeviceStates() {}

    // Devices.

    static final class Wire implements NetBackend {
        private volatile @Nullable NetPort port;

        @Override
        public void attach(NetPort device) {
            port = device;
        }

        boolean deliver(String hex) {
            byte[] frame = Arrays.copyOf(HexFormat.of().parseHex(hex.replace(" ", "")), 64);
            return requireNonNull(port).receive(Unpooled.wrappedBuffer(frame));
        }

        @Override
        public boolean send(ByteBuf frame) {
            frame.release();
            return true;
        }

        @Override
        public void close() {}
    }

    static NetDevice net(Wire wire, int pairs) {
        return new NetDevice(wire, new NetOptions("02:00:00:00:00:01").queuePairs(pairs));
    }

    // What a front-end does with a state.

    /** Returns the other end of what moves it, or null if that is refused. */
    static @Nullable FileDescriptor begin(TestFrontEnd frontEnd, int direction, int phase) throws IOException {
        ByteBuffer parameters = Message.payload(Payload.STATE_SIZE)
                .putInt(Payload.STATE_DIRECTION, direction)
                .putInt(Payload.STATE_PHASE, phase);
        UnixSocket.Pair proposed = UnixSocket.pair();
        try (UnixSocket ours = proposed.first()) {
            try (UnixSocket theirs = proposed.second()) {
                frontEnd.send(FrontEndRequest.SET_DEVICE_STATE_FD, parameters, theirs.descriptor());
            }
            try (Message reply = frontEnd.receive(FrontEndRequest.SET_DEVICE_STATE_FD)) {
                // What was proposed is closed in any case: this is its end of file.
                assertThat(new ByteStream(ours.descriptor()).read(new byte[1], 0, 1))
                        .isEqualTo(ByteStream.END);
                long value = reply.getLong(0);
                if (reply.descriptorCount() == 1) {
                    assertThat(value).isZero();
                    return reply.take(0);
                }
                assertThat(value & Payload.STATE_NO_DESCRIPTOR).isNotZero();
                assertThat(value & Payload.STATE_ERROR_MASK).isNotZero();
                return null;
            }
        }
    }

    static FileDescriptor begin(TestFrontEnd frontEnd, int direction) throws IOException {
        return requireNonNull(begin(frontEnd, direction, Payload.STATE_STOPPED), "the transfer is refused");
    }

    /** Reads as from a pipe. */
    static byte[] save(TestFrontEnd frontEnd) throws IOException {
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        byte[] piece = new byte[100];
        try (FileDescriptor from = begin(frontEnd, Payload.STATE_SAVE)) {
            ByteStream stream = new ByteStream(from);
            for (int count = stream.read(piece, 0, piece.length);
                    count > 0;
                    count = stream.read(piece, 0, piece.length)) {
                state.write(piece, 0, count);
            }
        }
        assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isZero();
        return state.toByteArray();
    }

    /** Writes as to a pipe; returns what the check says. */
    static long load(TestFrontEnd frontEnd, byte[] state) throws IOException {
        try (OutputStream to = ByteStream.output(begin(frontEnd, Payload.STATE_LOAD))) {
            int half = state.length / 2;
            to.write(state, 0, half);
            to.write(state, half, state.length - half);
        }
        return frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE);
    }

    /** One control command, which succeeds. */
    static void command(TestFrontEnd frontEnd, TestFrontEnd.Ring control, String hex) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        DmaBuffer command = frontEnd.allocate(bytes.length);
        command.put(0, bytes, 0, bytes.length);
        DmaBuffer ack = frontEnd.allocate(1);
        ack.putByte(0, (byte) 0xee);
        BufferChain chain = new BufferChain(2).addReadable(command).addWritable(ack);
        assertThat(control.driver.add(chain, 3)).isTrue();
        if (control.driver.publish()) {
            control.kick.signal();
        }
        assertThat(control.awaitUsed()).isEqualTo(3);
        assertThat((int) ack.getByte(0)).isEqualTo(NetControl.OK);
    }
}
