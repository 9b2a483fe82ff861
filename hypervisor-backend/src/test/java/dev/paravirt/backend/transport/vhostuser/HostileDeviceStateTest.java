// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static dev.paravirt.backend.transport.vhostuser.DeviceStates.CONTROLLED;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.PROTOCOL;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.SPLIT;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.begin;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.command;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.load;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.net;
import static dev.paravirt.backend.transport.vhostuser.DeviceStates.save;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ScriptedEnd;
import dev.paravirt.backend.device.MovableState;
import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.DeviceStates.Wire;
import dev.paravirt.linux.ByteStream;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States that a device cannot have, and transfers that there are none of: refused, and nobody is harmed. */
@Timeout(60)
class HostileDeviceStateTest {
    private static final int SIZE = 8;

    @TempDir
    private Path folder;

    private VhostUserServer serve(String name, VirtioDevice device) throws IOException {
        return VhostUserServer.listen(folder.resolve(name), device, new VhostUserOptions());
    }

    private TestFrontEnd frontEnd(String name, FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve(name), features).begin(PROTOCOL);
    }

    private static void stop(TestFrontEnd.Ring... rings) throws IOException {
        for (TestFrontEnd.Ring ring : rings) {
            ring.stop();
        }
    }

    @Test
    void onlyDevicesThatKeepSomethingHaveAState() throws IOException {
        long state = 1L << ProtocolFeatures.DEVICE_STATE;
        try (VhostUserServer net = serve("net", net(new Wire(), 1));
                VhostUserServer console = serve("console", new ConsoleDevice(new ScriptedEnd()));
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
        try (VhostUserServer server = serve("s", new ConsoleDevice(new ScriptedEnd()));
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
        try (VhostUserServer server = serve("s", new ConsoleDevice(new ScriptedEnd()));
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
        try (VhostUserServer server = serve("s", new ConsoleDevice(new ScriptedEnd()));
                TestFrontEnd frontEnd = frontEnd("s", SPLIT)) {
            assertThat(frontEnd.ask(FrontEndRequest.CHECK_DEVICE_STATE)).isOne();
            assertThat(load(frontEnd, new byte[0])).isOne();
            assertThat(load(frontEnd, new byte[3])).isOne();
            assertThat(server.session().status()).isZero();
        }
    }

    @Test
    void refusesMoreThanAStateCanBe() throws IOException {
        try (VhostUserServer server = serve("s", new ConsoleDevice(new ScriptedEnd()));
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
        try (VhostUserServer console = serve("console", new ConsoleDevice(new ScriptedEnd()));
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

    /** In the middle of a transfer, after one that is refused, and with one that takes the place of another. */
    @Test
    void frontEndsThatLeaveTakeTheirDescriptorsAlong() throws IOException {
        try (VhostUserServer server = serve("s", new ConsoleDevice(new ScriptedEnd()))) {
            long before = 0;
            for (int session = 0; session < 100; session++) {
                try (TestFrontEnd frontEnd = frontEnd("s", SPLIT)) {
                    begin(frontEnd, Payload.STATE_LOAD).close();
                    assertThat(begin(frontEnd, Payload.STATE_LOAD, 1)).isNull();
                    begin(frontEnd, Payload.STATE_SAVE).close();
                    begin(frontEnd, Payload.STATE_LOAD).close();
                }
                try (TestFrontEnd next = frontEnd("s", SPLIT)) {
                    // The one before is gone with all that it had: this is the next one's answer.
                    assertThat(save(next)).isNotEmpty();
                    long now = OpenDescriptors.count();
                    before = session == 0 ? now : before;
                    assertThat(now).isEqualTo(before);
                }
            }
            assertThat(server.session().status()).isZero();
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
