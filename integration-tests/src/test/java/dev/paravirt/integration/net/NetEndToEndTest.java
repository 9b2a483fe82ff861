// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.integration.blk.MmioMachine;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our network driver and our network device, over every carrier and every ring: frames both ways. */
@Timeout(120)
class NetEndToEndTest {
    /** More than there are sizes, and more than any ring has places. */
    private static final int FRAMES = 2_500;

    @TempDir
    private Path directory;

    static IntStream combinations() {
        return IntStream.range(0, NetRings.COMBINATIONS);
    }

    private static NetDevice device(NetBackend backend) {
        return new NetDevice(backend, new NetOptions(NetFrames.text(NetFrames.station(1))));
    }

    private static NetTraffic traffic(NetDriver driver) {
        return new NetTraffic(driver, 0, NetFrames.station(1), NetFrames.station(2), NetRings.window(driver));
    }

    private static void assertNegotiated(NetDriver driver, int combination) {
        assertThat(driver.features().and(VirtqueueFormat.FEATURES))
                .isEqualTo(NetRings.features(combination).and(VirtqueueFormat.FEATURES));
        assertThat(driver.features().has(NetFeatures.MRG_RXBUF))
                .isEqualTo(NetRings.features(combination).has(NetFeatures.MRG_RXBUF));
    }

    private static void assertNothingLost(NetDriver driver, NetDevice device) {
        assertThat(driver.resets()).isZero();
        assertThat(driver.malformed(0)).isZero();
        assertThat(device.received().drops()).isZero();
        assertThat(device.sent().drops()).isZero();
        assertThat(device.sent().packets()).isEqualTo(FRAMES);
        assertThat(device.sent().bytes()).isEqualTo(device.received().bytes());
        assertThat(driver.framesReceived(0)).isEqualTo(FRAMES);
        assertThat(driver.bytesReceived(0)).isEqualTo(device.received().bytes());
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void sameProcess(int combination) throws IOException {
        NetDevice device = device(new EchoBackend());
        try (NetStation station = NetStation.start(device, NetRings.options(combination))) {
            assertNegotiated(station.driver(), combination);
            traffic(station.driver()).echo(FRAMES);
            assertNothingLost(station.driver(), device);
        }
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void registers(int combination) throws IOException {
        NetDevice device = device(new EchoBackend());
        try (MmioMachine machine = new MmioMachine(device, NetStation.memory())) {
            NetDriver driver = NetDriver.start(
                    MmioTransport.open(machine, machine.platform(), "slot 0"),
                    machine.platform(),
                    NetRings.options(combination));
            assertNegotiated(driver, combination);
            traffic(driver).echo(FRAMES);
            assertNothingLost(driver, device);
            driver.stop();
        }
    }

    @Test
    void twoProcesses() throws Exception {
        Path socket = directory.resolve("socket");
        GuestShape shape = GuestShape.of(NetStation.MEMORY, 3, 1);
        try (GuestServer server = GuestServer.listen(
                        socket,
                        shape,
                        guest -> HypercallMachine.serving(
                                guest, List.of(device(new EchoBackend())), MachineOptions.DEFAULT));
                ChildProcess child = ChildProcess.start(NetGuestMain.class, socket.toString())) {
            for (int combination = 0; combination < NetRings.COMBINATIONS; combination++) {
                assertThat(child.line()).isEqualTo("combination " + combination + " done, 0 resets, 0 malformed");
            }
            assertThat(child.line()).isNull();
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    /** Two guests on one switch, each sending to the other at the same time, each from a thread of its own. */
    @ParameterizedTest
    @MethodSource("combinations")
    void throughTheSwitch(int combination) throws Exception {
        LearningSwitch network = new LearningSwitch();
        NetDevice left = new NetDevice(network.addPort(), new NetOptions(NetFrames.text(NetFrames.station(1))));
        NetDevice right = new NetDevice(network.addPort(), new NetOptions(NetFrames.text(NetFrames.station(2))));
        try (NetStation one = NetStation.start(left, NetRings.options(combination));
                NetStation other = NetStation.start(right, NetRings.options(NetRings.COMBINATIONS - 1 - combination))) {
            // Either may be a window ahead of what the other has answered with a window.
            int window = Math.min(NetRings.window(one.driver()), NetRings.window(other.driver())) / 2;
            NetTraffic here = new NetTraffic(one.driver(), 0, NetFrames.station(1), NetFrames.station(2), window);
            NetTraffic there = new NetTraffic(other.driver(), 0, NetFrames.station(2), NetFrames.station(1), window);
            greet(one.driver(), other.driver());
            greet(other.driver(), one.driver());
            FailingThread peer = FailingThread.start(() -> there.echo(FRAMES));
            here.echo(FRAMES);
            peer.join();
            for (NetDevice device : List.of(left, right)) {
                assertThat(device.received().overruns() + device.received().malformed())
                        .isZero();
                assertThat(device.sent().malformed()).isZero();
            }
            assertThat(one.driver().resets() + other.driver().resets()).isZero();
        }
    }

    /** A device refuses frames until its worker has taken its queues over, which is some time after DRIVER_OK. */
    private static void greet(NetDriver from, NetDriver to) {
        byte[] hello = NetFrames.frame(NetTraffic.HELLO, NetFrames.broadcast(), NetFrames.station(9), 60);
        do {
            OutgoingFrame frame = from.take(0);
            if (frame != null) {
                from.send(frame.put(hello, 0, hello.length));
                from.kick(0);
            }
        } while (!to.awaitReceive(0, 10_000_000));
    }
}
