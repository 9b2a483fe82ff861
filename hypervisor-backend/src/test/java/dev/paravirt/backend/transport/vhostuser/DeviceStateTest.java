// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.device.MovableState;
import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.linux.ByteStream;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that move to another back-end with what they keep for their drivers. */
@Timeout(60)
class DeviceStateTest {
    private static final int SIZE = 8;
    private static final ByteBuffer NOTHING = Message.payload(0);
    private static final long PROTOCOL = TestFrontEnd.PROTOCOL | 1L << ProtocolFeatures.DEVICE_STATE;
    private static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1);

    static final List<FeatureBits> FORMATS = List.of(SPLIT, SPLIT.with(Features.RING_PACKED));

    private static final FeatureBits CONTROLLED =
            FeatureBits.of(NetFeatures.CTRL_VQ, NetFeatures.CTRL_RX, NetFeatures.CTRL_VLAN, NetFeatures.CTRL_MAC_ADDR);

    @TempDir
    private Path folder;

    // Devices.

    private static final class Wire implements NetBackend {
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

    /** Takes as much output as the test permits. */
    private static final class End implements ConsoleEnd {
        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private volatile @Nullable ConsoleLine line;
        private int permitted;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
        }

        ConsoleLine line() {
            return requireNonNull(line);
        }

        @Override
        public synchronized int write(byte[] bytes, int start, int length) {
            int taken = Math.min(length, permitted);
            permitted -= taken;
            output.write(bytes, start, taken);
            return taken;
        }

        synchronized void permit(int count) {
            permitted += count;
        }

        synchronized String text() {
            return output.toString(StandardCharsets.US_ASCII);
        }

        int input(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            return line().input(bytes, 0, bytes.length);
        }

        @Override
        public void inputWanted() {}

        @Override
        public void close() {}
    }

    private VhostUserServer serve(String name, VirtioDevice device) throws IOException {
        return VhostUserServer.listen(folder.resolve(name), device, new VhostUserOptions());
    }

    private static NetDevice net(Wire wire, int pairs) {
        return new NetDevice(wire, new NetOptions("02:00:00:00:00:01").queuePairs(pairs));
    }

    private TestFrontEnd frontEnd(String name, FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve(name), features).begin(PROTOCOL);
    }

    // What a front-end does with a state.

    /** Returns the other end of what moves it, or null if that is refused. */
    private static @Nullable FileDescriptor begin(TestFrontEnd frontEnd, int direction, int phase) throws IOException {
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

    private static FileDescriptor begin(TestFrontEnd frontEnd, int direction) throws IOException {
        return requireNonNull(begin(frontEnd, direction, Payload.STATE_STOPPED), "the transfer is refused");
    }

    /** Reads as from a pipe. */
    private static byte[] save(TestFrontEnd frontEnd) throws IOException {
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
    private static long load(TestFrontEnd frontEnd, byte[] state) throws IOException {
        try (OutputStream to = ByteStream.output(begin(frontEnd, Payload.STATE_LOAD))) {
            int half = state.length / 2;
            to.write(state, 0, half);
            to.write(state, half, state.length - half);
        }
        return frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE);
    }

    private static void stop(TestFrontEnd.Ring... rings) throws IOException {
        for (TestFrontEnd.Ring ring : rings) {
            ring.stop();
        }
    }

    private static int first(FeatureBits features) {
        return features.has(Features.RING_PACKED) ? 0x8000_8000 : 0;
    }

    /** One control command, which succeeds. */
    private static void command(TestFrontEnd frontEnd, TestFrontEnd.Ring control, String hex) throws IOException {
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

    // Network devices.

    /**
     * A driver commands at one back-end, and goes on at another, whose options are other ones.
     *
     * @param features of the ring
     */
    @ParameterizedTest
    @FieldSource("FORMATS")
    void whatADriverCommandedGoesWithItsNetworkDevice(FeatureBits features) throws IOException {
        NetDevice there = new NetDevice(new Wire(), new NetOptions("02:00:00:00:00:02"));
        Wire wire = new Wire();
        NetDevice here = new NetDevice(wire, new NetOptions("02:00:00:00:00:03"));
        try (VhostUserServer source = serve("source", there);
                VhostUserServer destination = serve("destination", here);
                TestFrontEnd frontEnd = frontEnd("source", features.or(CONTROLLED));
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(first(features));
                TestFrontEnd.Ring control = frontEnd.ring(2, SIZE).start(first(features))) {
            command(frontEnd, control, "01 01 0200 0000 0009");
            command(frontEnd, control, "02 00 0700");
            command(frontEnd, control, "00 01 01");
            int receiveBase = receive.stop();
            int controlBase = control.stop();
            byte[] state = save(frontEnd);
            assertThat(there.mac()).isEqualTo("02:00:00:00:00:09");

            // As QEMU does it: first the state, then everything else.
            try (MessageChannel _ = frontEnd.moveTo(folder.resolve("destination"))) {
                frontEnd.send(FrontEndRequest.SET_OWNER, NOTHING);
                frontEnd.succeed(FrontEndRequest.SET_PROTOCOL_FEATURES, Message.payloadOf(PROTOCOL));
                assertThat(load(frontEnd, state)).isZero();
                frontEnd.setFeatures(0);
                frontEnd.setMemoryTable();
                control.start(controlBase);
                receive.start(receiveBase);
                assertThat(here.mac()).isEqualTo("02:00:00:00:00:09");
                assertFiltered(wire, here, frontEnd, receive);
                command(frontEnd, control, "02 01 0700");
                // Its own again, when nobody is there any more.
                frontEnd.succeed(FrontEndRequest.RESET_DEVICE, NOTHING);
                assertThat(here.mac()).isEqualTo("02:00:00:00:00:03");
            }
            assertThat(source.session().deviceType())
                    .isEqualTo(destination.session().deviceType());
        }
    }

    private static void assertFiltered(Wire wire, NetDevice device, TestFrontEnd frontEnd, TestFrontEnd.Ring receive)
            throws IOException {
        DmaBuffer buffer = frontEnd.allocate(2048);
        assertThat(receive.driver.addWritable(buffer.address(), buffer.size(), 5))
                .isTrue();
        if (receive.driver.publish()) {
            receive.kick.signal();
        }
        TestDriver.await("a queue that is served", () -> wire.deliver("0200 0000 0003 0200 0000 00aa 8100 0007 0800"));
        assertThat(wire.deliver("0200 0000 0009 0200 0000 00aa 8100 0008 0800")).isTrue();
        assertThat(wire.deliver("3333 0000 0001 0200 0000 00aa 8100 0007 0800")).isTrue();
        assertThat(receive.awaitUsed()).isEqualTo(5);
        assertThat((int) buffer.getByte(12))
                .as("of the address of the frame that was received")
                .isEqualTo(0x33);
        assertThat(device.received().filtered()).isEqualTo(2);
    }

    /** A pause, as for another memory table, is no reset: per queue parameters stay. */
    @Test
    void aQueueThatIsPausedKeepsItsParameters() throws IOException {
        FeatureBits features = SPLIT.or(CONTROLLED).with(NetFeatures.VQ_NOTF_COAL);
        try (VhostUserServer server = serve("s", net(new Wire(), 1));
                TestFrontEnd frontEnd = frontEnd("s", features);
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(0);
                TestFrontEnd.Ring control = frontEnd.ring(2, SIZE).start(0)) {
            assertThat(receive.index).isZero();
            command(frontEnd, control, "06 02 0000 0000 1000 0000 8000 0000");
            frontEnd.setMemoryTable();
            assertThat(coalescing(frontEnd, control)).isEqualTo(0x80_0000_0010L);
            assertThat(server.session().status()).isNotZero();
        }
    }

    private static long coalescing(TestFrontEnd frontEnd, TestFrontEnd.Ring control) throws IOException {
        DmaBuffer command = frontEnd.allocate(6);
        command.put(0, HexFormat.of().parseHex("060300000000"), 0, 6);
        DmaBuffer answer = frontEnd.allocate(16);
        BufferChain chain = new BufferChain(2).addReadable(command).addWritable(answer);
        assertThat(control.driver.add(chain, 4)).isTrue();
        if (control.driver.publish()) {
            control.kick.signal();
        }
        assertThat(control.awaitUsed()).isEqualTo(4);
        assertThat((int) answer.getByte(0)).isEqualTo(NetControl.OK);
        return answer.getInt(1) & 0xffff_ffffL | (long) answer.getInt(5) << 32;
    }

    // Consoles.

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aConsoleTakesUnreadInputAlongAndSaysNothingTwice(FeatureBits features) throws IOException {
        End there = new End();
        End here = new End();
        try (VhostUserServer source = serve("source", new ConsoleDevice(there));
                VhostUserServer destination = serve("destination", new ConsoleDevice(here));
                TestFrontEnd frontEnd = frontEnd("source", features);
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(first(features));
                TestFrontEnd.Ring transmit = frontEnd.ring(1, SIZE).start(first(features))) {
            TestDriver.await("input", () -> there.input("typed") == 5);
            there.permit(4);
            say(frontEnd, transmit, "one two", 1);
            say(frontEnd, transmit, " three", 2);
            TestDriver.await("output", () -> there.text().equals("one "));
            int receiveBase = receive.stop();
            int transmitBase = transmit.stop();
            assertThat(there.input("too late")).isZero();
            assertThat(transmit.driver.poll()).isEqualTo(DriverVirtqueue.NONE);
            byte[] state = save(frontEnd);

            here.permit(100);
            try (MessageChannel _ = frontEnd.moveTo(folder.resolve("destination"))) {
                frontEnd.begin(PROTOCOL);
                assertThat(load(frontEnd, state)).isZero();
                // It may move on before anything was started.
                assertThat(save(frontEnd)).isEqualTo(state);
                transmit.start(transmitBase);
                assertThat(transmit.awaitUsed()).isEqualTo(1);
                assertThat(transmit.awaitUsed()).isEqualTo(2);
                assertThat(here.text()).isEqualTo("two three");
                receive.start(receiveBase);
                assertThat(hear(frontEnd, receive, 5)).isEqualTo("typed");
            }
            assertThat(there.text()).isEqualTo("one ");
            assertThat(source.session().deviceType())
                    .isEqualTo(destination.session().deviceType());
        }
    }

    private static void say(TestFrontEnd frontEnd, TestFrontEnd.Ring transmit, String text, int token)
            throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        DmaBuffer buffer = frontEnd.allocate(bytes.length);
        buffer.put(0, bytes, 0, bytes.length);
        assertThat(transmit.driver.addReadable(buffer.address(), bytes.length, token))
                .isTrue();
        if (transmit.driver.publish()) {
            transmit.kick.signal();
        }
    }

    private static String hear(TestFrontEnd frontEnd, TestFrontEnd.Ring receive, int length) throws IOException {
        DmaBuffer buffer = frontEnd.allocate(64);
        assertThat(receive.driver.addWritable(buffer.address(), buffer.size(), 9))
                .isTrue();
        if (receive.driver.publish()) {
            receive.kick.signal();
        }
        assertThat(receive.awaitUsed()).isEqualTo(9);
        assertThat(receive.driver.usedLength()).isEqualTo(length);
        byte[] bytes = new byte[length];
        buffer.get(0, bytes, 0, length);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** The guest did not leave after all. */
    @Test
    void aConsoleGoesOnWhereItWasSaved() throws IOException {
        End end = new End();
        try (VhostUserServer server = serve("s", new ConsoleDevice(end));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT);
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(0)) {
            TestDriver.await("input", () -> end.input("typed") == 5);
            int base = receive.stop();
            assertThat(save(frontEnd)).isNotEmpty();
            receive.start(base);
            assertThat(hear(frontEnd, receive, 5)).isEqualTo("typed");
            assertThat(server.session().status()).isNotZero();
        }
    }

    // What is refused.

    @Test
    void onlyDevicesThatKeepSomethingHaveAState() throws IOException {
        long state = 1L << ProtocolFeatures.DEVICE_STATE;
        try (VhostUserServer net = serve("net", net(new Wire(), 1));
                VhostUserServer console = serve("console", new ConsoleDevice(new End()));
                VhostUserServer other = serve("other", new TestDevice(SIZE))) {
            for (String name : List.of("net", "console", "other")) {
                try (TestFrontEnd frontEnd = TestFrontEnd.connect(folder.resolve(name), SPLIT)) {
                    long offered = frontEnd.ask(FrontEndRequest.GET_PROTOCOL_FEATURES) & state;
                    assertThat(offered).as(name).isEqualTo(name.equals("other") ? 0 : state);
                }
            }
            assertThat(List.of(net, console, other))
                    .allMatch(server -> server.session().status() == 0);
        }
    }

    @Test
    void refusesWhileARingIsNotStopped() throws IOException {
        try (VhostUserServer server = serve("s", new ConsoleDevice(new End()));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT);
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE)) {
            byte[] state = save(frontEnd);
            try (OutputStream to = ByteStream.output(begin(frontEnd, Payload.STATE_LOAD))) {
                to.write(state);
                receive.start(0);
                assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isOne();
            }
            assertThat(begin(frontEnd, Payload.STATE_SAVE, Payload.STATE_STOPPED))
                    .isNull();
            assertThat(begin(frontEnd, Payload.STATE_LOAD, Payload.STATE_STOPPED))
                    .isNull();
            stop(receive);
            assertThat(load(frontEnd, state)).isZero();
            assertThat(server.session().status()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2 0", "-1 0", "0 1", "1 -1"})
    void refusesDirectionsAndPhasesThatThereAreNoneOf(String parameters) throws IOException {
        String[] numbers = parameters.split(" ", -1);
        try (VhostUserServer server = serve("s", new ConsoleDevice(new End()));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT)) {
            assertThat(begin(frontEnd, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])))
                    .isNull();
            assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isOne();
            assertThat(save(frontEnd)).isNotEmpty();
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void nothingThatWasTransferredIsNoSuccess() throws IOException {
        try (VhostUserServer server = serve("s", new ConsoleDevice(new End()));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT)) {
            assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isOne();
            assertThat(load(frontEnd, new byte[0])).isOne();
            assertThat(load(frontEnd, new byte[3])).isOne();
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void refusesMoreThanAStateCanBe() throws IOException {
        try (VhostUserServer server = serve("s", new ConsoleDevice(new End()));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT)) {
            byte[] piece = new byte[1 << 20];
            try (OutputStream to = ByteStream.output(begin(frontEnd, Payload.STATE_LOAD))) {
                for (long done = 0; done <= MovableState.MAX_SIZE; done += piece.length) {
                    to.write(piece);
                }
            }
            assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isOne();
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void refusesTheStateOfAnotherDevice() throws IOException {
        List<byte[]> states = new ArrayList<>();
        try (VhostUserServer net = serve("net", net(new Wire(), 2));
                TestFrontEnd frontEnd = frontEnd("net", SPLIT.or(CONTROLLED));
                TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(0)) {
            stop(receive);
            states.add(save(frontEnd));
            assertThat(net.session().status()).isNotZero();
        }
        try (VhostUserServer console = serve("console", new ConsoleDevice(new End()));
                TestFrontEnd frontEnd = frontEnd("console", SPLIT)) {
            states.add(save(frontEnd));
            assertThat(load(frontEnd, states.getFirst())).isOne();
            assertThat(console.session().status()).isZero();
        }
        // Of another shape, and without features that its driver uses.
        NetDevice plain = new NetDevice(new Wire(), new NetOptions("02:00:00:00:00:01").controlInFront(true));
        for (NetDevice device : List.of(net(new Wire(), 1), plain)) {
            try (VhostUserServer server = serve("other", device);
                    TestFrontEnd frontEnd = frontEnd("other", SPLIT)) {
                for (byte[] state : states) {
                    assertThat(load(frontEnd, state)).isOne();
                }
                assertThat(server.session().status()).isZero();
            }
        }
    }

    /** Whatever there is in a state, the session goes on, and the next guest too. */
    @Test
    void damagedStatesHarmNobody() throws IOException {
        Random dice = new Random(19);
        try (VhostUserServer server = serve("s", net(new Wire(), 1))) {
            byte[] good;
            try (TestFrontEnd frontEnd = frontEnd("s", SPLIT.or(CONTROLLED));
                    TestFrontEnd.Ring receive = frontEnd.ring(0, SIZE).start(0)) {
                stop(receive);
                good = save(frontEnd);
                for (int round = 0; round < 200; round++) {
                    byte[] bad = Arrays.copyOf(good, dice.nextInt(good.length * 2));
                    bad = bad.length == 0 ? new byte[1] : bad;
                    bad[dice.nextInt(bad.length)] ^= (byte) (1 << dice.nextInt(8));
                    assertThat(load(frontEnd, bad)).isOne();
                }
                assertThat(load(frontEnd, good)).isZero();
            }
            try (TestFrontEnd next = frontEnd("s", SPLIT.or(CONTROLLED));
                    TestFrontEnd.Ring control = next.ring(2, SIZE).start(0)) {
                command(next, control, "00 00 01");
            }
            assertThat(server.session().deviceType()).isOne();
        }
    }
}
