// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.driver.MultiportConsoleDriver;
import dev.paravirt.guest.driver.MultiportConsoleDriverOptions;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.console.ConsoleFeatures;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our console drivers with QEMU's virtio-serial device, of which nobody here wrote a line. */
@Timeout(120)
class QemuConsoleDeviceTest {
    private static final int BYTES = 96_000;

    /** QEMU drops what a console's reader does not take at once; other ports make the guest wait. */
    private static final int PIECE = 16_000;

    private static final String[] NAMES = {"org.example.one", "org.example.two"};

    /** QEMU gives the first virtserialport the number 1: number 0 is kept for a console. */
    private static final int FIRST = 1;

    @TempDir
    private Path folder;

    private final List<ServerSocketChannel> listeners = new ArrayList<>();

    @BeforeAll
    static void requireQemu() {
        Qemu.require();
    }

    @AfterEach
    void close() throws IOException {
        for (ServerSocketChannel listener : listeners) {
            listener.close();
        }
    }

    /** What QEMU connects a port to. */
    private ServerSocketChannel listen(String name) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(folder.resolve(name)));
        listeners.add(listener);
        return listener;
    }

    private String chardev(String name, String options) {
        return "socket,id=" + name + ",path=" + folder.resolve(name) + options;
    }

    private static String format(boolean packed, boolean eventIndex) {
        return ",packed=" + (packed ? "on" : "off") + ",event_idx=" + (eventIndex ? "on" : "off");
    }

    private static byte[] random(long seed) {
        byte[] bytes = new byte[BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void send(SocketChannel peer, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            peer.write(buffer);
        }
    }

    private static byte[] receive(SocketChannel peer, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            assertThat(peer.read(buffer)).as("at " + buffer.position()).isPositive();
        }
        return buffer.array();
    }

    // One port.

    private static ConsoleDriver single(QemuMachine qemu) throws DeviceException {
        return ConsoleDriver.start(
                qemu.open(DeviceType.CONSOLE),
                qemu,
                ConsoleDriverOptions.DEFAULT.withLine(qemu.line(DeviceType.CONSOLE)));
    }

    private static byte[] readAll(ConsoleDriver driver, int length) throws DeviceException {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            assertThat(driver.awaitInput(-1)).isTrue();
            done += driver.read(bytes, done, length - done);
        }
        return bytes;
    }

    private static void writeAll(ConsoleDriver driver, byte[] bytes) throws DeviceException {
        for (int done = 0; done < bytes.length; ) {
            assertThat(driver.awaitRoom(-1)).isTrue();
            done += driver.write(bytes, done, bytes.length - done);
        }
        assertThat(driver.awaitFlushed(-1)).isTrue();
    }

    @ParameterizedTest(name = "packed {0}, event index {1}")
    @CsvSource({"false, false", "true, true"})
    void oneConsoleBothWays(boolean packed, boolean eventIndex) throws Exception {
        ServerSocketChannel listener = listen("zero");
        try (QemuMachine qemu = new QemuMicrovm(
                        folder,
                        "-chardev",
                        chardev("zero", ""),
                        "-device",
                        "virtio-serial-device,max_ports=1" + format(packed, eventIndex),
                        "-device",
                        "virtconsole,chardev=zero");
                SocketChannel peer = listener.accept()) {
            ConsoleDriver driver = single(qemu);
            assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(packed);
            assertThat(driver.features().has(Features.EVENT_IDX)).isEqualTo(eventIndex);
            bothWays(driver, peer);
            driver.restart();
            bothWays(driver, peer);
            if (driver.features().has(ConsoleFeatures.EMERG_WRITE)) {
                driver.emergencyWrite('!');
                assertThat(receive(peer, 1)).containsExactly('!');
            }
            driver.stop();
        }
    }

    private static void bothWays(ConsoleDriver driver, SocketChannel peer) throws Exception {
        byte[] toGuest = random(1);
        FailingThread sender = FailingThread.start(() -> send(peer, toGuest));
        assertThat(readAll(driver, BYTES)).isEqualTo(toGuest);
        sender.join();
        byte[] toHost = random(2);
        for (int done = 0; done < BYTES; done += PIECE) {
            byte[] piece = Arrays.copyOfRange(toHost, done, done + PIECE);
            writeAll(driver, piece);
            assertThat(receive(peer, PIECE)).isEqualTo(piece);
        }
    }

    // Many ports.

    private QemuMachine start(boolean packed, boolean eventIndex) throws Exception {
        return new QemuMicrovm(
                folder,
                "-chardev",
                chardev("zero", ""),
                "-chardev",
                chardev("one", ""),
                "-chardev",
                chardev("two", ",server=on,wait=off"),
                "-device",
                "virtio-serial-device,max_ports=4" + format(packed, eventIndex),
                "-device",
                "virtconsole,chardev=zero,nr=0",
                "-device",
                "virtserialport,chardev=one,name=" + NAMES[0],
                "-device",
                "virtserialport,chardev=two,name=" + NAMES[1]);
    }

    private static MultiportConsoleDriver multiport(QemuMachine qemu) throws DeviceException {
        return MultiportConsoleDriver.start(
                qemu.open(DeviceType.CONSOLE),
                qemu,
                MultiportConsoleDriverOptions.DEFAULT.withLine(qemu.line(DeviceType.CONSOLE)));
    }

    /** Waits until the ports are as QEMU was told to make them. */
    private static void awaitPorts(MultiportConsoleDriver driver) throws DeviceException {
        long seen = 0;
        while (!driver.isConsole(0)
                || driver.find(NAMES[0]) < 0
                || driver.find(NAMES[1]) < 0
                || !driver.isHostOpen(1)) {
            assertThat(driver.awaitChange(seen, -1)).isTrue();
            seen = driver.changes();
        }
    }

    private static byte[] readAll(MultiportConsoleDriver driver, int port, int length) throws DeviceException {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            assertThat(driver.awaitInput(port, -1)).isTrue();
            int here = driver.read(port, bytes, done, length - done);
            assertThat(here).isNotNegative();
            done += here;
        }
        return bytes;
    }

    private static void writeAll(MultiportConsoleDriver driver, int port, byte[] bytes) throws DeviceException {
        for (int done = 0; done < bytes.length; ) {
            assertThat(driver.awaitRoom(port, -1)).isTrue();
            int here = driver.write(port, bytes, done, bytes.length - done);
            assertThat(here).isNotNegative();
            done += here;
        }
        assertThat(driver.awaitFlushed(port, -1)).isTrue();
    }

    private static void bothWays(MultiportConsoleDriver driver, int port, SocketChannel peer) throws Exception {
        byte[] toGuest = random(10L + port);
        FailingThread sender = FailingThread.start(() -> send(peer, toGuest));
        assertThat(readAll(driver, port, BYTES)).isEqualTo(toGuest);
        sender.join();
        byte[] toHost = random(20L + port);
        if (driver.isConsole(port)) {
            for (int done = 0; done < BYTES; done += PIECE) {
                byte[] piece = Arrays.copyOfRange(toHost, done, done + PIECE);
                writeAll(driver, port, piece);
                assertThat(receive(peer, PIECE)).isEqualTo(piece);
            }
            return;
        }
        byte[][] seen = new byte[1][];
        FailingThread receiver = FailingThread.start(() -> seen[0] = receive(peer, BYTES));
        writeAll(driver, port, toHost);
        receiver.join();
        assertThat(seen[0]).isEqualTo(toHost);
    }

    private static void awaitHostOpen(MultiportConsoleDriver driver, int port, boolean open) throws DeviceException {
        long seen = driver.changes();
        while (driver.isHostOpen(port) != open) {
            assertThat(driver.awaitChange(seen, -1)).isTrue();
            seen = driver.changes();
        }
    }

    @ParameterizedTest(name = "packed {0}, event index {1}")
    @CsvSource({"false, false", "true, true"})
    void portsHaveNamesAndCarryBytesBothWays(boolean packed, boolean eventIndex) throws Exception {
        ServerSocketChannel zero = listen("zero");
        ServerSocketChannel one = listen("one");
        try (QemuMachine qemu = start(packed, eventIndex);
                SocketChannel console = zero.accept();
                SocketChannel channel = one.accept()) {
            MultiportConsoleDriver driver = multiport(qemu);
            assertThat(driver.features().has(Features.RING_PACKED)).isEqualTo(packed);
            assertThat(driver.features().has(Features.EVENT_IDX)).isEqualTo(eventIndex);
            assertThat(driver.ports()).isEqualTo(4);
            awaitPorts(driver);
            int first = driver.find(NAMES[0]);
            assertThat(first).isEqualTo(FIRST);
            assertThat(driver.find(NAMES[1])).isEqualTo(FIRST + 1);
            assertThat(driver.isPresent(3)).isFalse();
            assertThat(driver.isConsole(first)).isFalse();
            assertThat(driver.read(3, new byte[1], 0, 1)).isEqualTo(MultiportConsoleDriver.GONE);
            byte[] name = new byte[driver.nameLength(first)];
            assertThat(driver.copyName(first, name, 0)).isEqualTo(name.length);
            assertThat(new String(name, StandardCharsets.US_ASCII)).isEqualTo(NAMES[0]);
            assertThat(driver.open(first, true)).isTrue();
            bothWays(driver, 0, console);
            bothWays(driver, first, channel);
            assertThat(driver.ignored()).isZero();
            driver.restart();
            awaitPorts(driver);
            assertThat(driver.open(first, true)).isTrue();
            bothWays(driver, first, channel);
            bothWays(driver, 0, console);
            driver.stop();
        }
    }

    @Test
    void openAndCloseFollowThePeerAndTheGuest() throws Exception {
        ServerSocketChannel zero = listen("zero");
        ServerSocketChannel one = listen("one");
        try (QemuMachine qemu = start(true, true);
                SocketChannel console = zero.accept();
                SocketChannel channel = one.accept()) {
            assertThat(console.isConnected() && channel.isConnected()).isTrue();
            MultiportConsoleDriver driver = multiport(qemu);
            awaitPorts(driver);
            int second = driver.find(NAMES[1]);
            assertThat(driver.isHostOpen(second)).isFalse();
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("two"));
            try (SocketChannel peer = SocketChannel.open(address)) {
                awaitHostOpen(driver, second, true);
                // QEMU keeps what it has for a port until the guest opens it.
                send(peer, new byte[] {1, 2, 3});
                assertThat(driver.awaitInput(second, 20_000_000)).isFalse();
                assertThat(driver.open(second, true)).isTrue();
                assertThat(readAll(driver, second, 3)).containsExactly(1, 2, 3);
                writeAll(driver, second, new byte[] {4, 5});
                assertThat(receive(peer, 2)).containsExactly(4, 5);
            }
            awaitHostOpen(driver, second, false);
            try (SocketChannel peer = SocketChannel.open(address)) {
                awaitHostOpen(driver, second, true);
                byte[] toHost = Arrays.copyOf(random(3), 5000);
                writeAll(driver, second, toHost);
                assertThat(receive(peer, toHost.length)).isEqualTo(toHost);
            }
        }
    }
}
