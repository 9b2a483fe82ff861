// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static dev.paravirt.backend.transport.vhostuser.DeviceStates.CONTROLLED;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.PROTOCOL;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.SPLIT;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.command;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.load;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.net;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.save;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ScriptedEnd;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.DeviceStates.Wire;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.MessageChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Devices that move to another back-end with what they keep for their drivers. */
@Timeout(60)
class DeviceStateTest {
    private static final int SIZE = 8;
    private static final ByteBuffer NOTHING = Message.payload(0);

    static final List<FeatureBits> FORMATS = List.of(SPLIT, SPLIT.with(Features.RING_PACKED));

    @TempDir
    private Path folder;

    private VhostUserServer serve(String name, VirtioDevice device) throws IOException {
        return VhostUserServer.listen(folder.resolve(name), device, new VhostUserOptions());
    }

    private TestFrontEnd frontEnd(String name, FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve(name), features).begin(PROTOCOL);
    }

    private static int first(FeatureBits features) {
        return features.has(Features.RING_PACKED) ? 0x8000_8000 : 0;
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
        ScriptedEnd there = new ScriptedEnd();
        ScriptedEnd here = new ScriptedEnd();
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
        ScriptedEnd end = new ScriptedEnd();
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
}
