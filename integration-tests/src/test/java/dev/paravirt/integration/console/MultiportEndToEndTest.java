// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.console;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.console.MultiportConsoleDevice;
import dev.paravirt.backend.console.PseudoTerminalEnd;
import dev.paravirt.backend.console.SocketEnd;
import dev.paravirt.backend.console.StreamEnd;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.driver.MultiportConsoleDriver;
import dev.paravirt.guest.driver.MultiportConsoleDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.FeatureBits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our multiport driver and our multiport device. */
@Timeout(120)
class MultiportEndToEndTest {
    private static final int MEMORY = 8 << 20;
    private static final int BYTES = 500_000;
    private static final int PORTS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Arena arena = Arena.ofAuto();
    private final MultiportConsoleDevice device = new MultiportConsoleDevice(PORTS);

    @TempDir
    private Path directory;

    static IntStream combinations() {
        return IntStream.range(0, RingFeatures.COMBINATIONS);
    }

    /** Says back what it is told. */
    private static final class Echo implements ConsoleEnd {
        private @Nullable ConsoleLine line;
        private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
        private boolean wanted;
        private boolean closed;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
            Thread.ofPlatform().daemon().start(this::run);
        }

        @Override
        public synchronized int write(byte[] bytes, int start, int length) {
            int taken = rest.size() > 1 << 16 ? 0 : length;
            rest.write(bytes, start, taken);
            notifyAll();
            return taken;
        }

        private void run() {
            try {
                while (true) {
                    byte[] all;
                    synchronized (this) {
                        while (rest.size() == 0 && !closed) {
                            wait();
                        }
                        if (closed) {
                            return;
                        }
                        all = rest.toByteArray();
                        rest.reset();
                    }
                    ConsoleLine port = requireNonNull(line);
                    port.outputWanted();
                    int done = port.input(all, 0, all.length);
                    while (done < all.length) {
                        synchronized (this) {
                            while (!wanted && !closed) {
                                wait();
                            }
                            wanted = false;
                            if (closed) {
                                return;
                            }
                        }
                        done += port.input(all, done, all.length - done);
                    }
                }
            } catch (InterruptedException nobodyDoes) {
                throw new AssertionError(nobodyDoes);
            }
        }

        @Override
        public synchronized void inputWanted() {
            wanted = true;
            notifyAll();
        }

        @Override
        public void close() {
            synchronized (this) {
                closed = true;
                notifyAll();
            }
        }
    }

    private LocalGuest guest(GuestMemory memory, int workers) {
        return LocalGuest.start(memory, List.of(device), 1, MachineOptions.DEFAULT.withWorkersPerDevice(workers));
    }

    private GuestMemory memory() {
        return new GuestMemory(new MemoryRegion(0x4000_0000L, arena.allocate(MEMORY, 4096)));
    }

    private static JvmPlatform platform(GuestMemory memory, LocalGuest guest) {
        return JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
    }

    private static MultiportConsoleDriver start(JvmPlatform platform, FeatureBits rings) throws IOException {
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        return MultiportConsoleDriver.start(
                HypercallTransport.open(hypercalls, platform, 0),
                platform,
                MultiportConsoleDriverOptions.DEFAULT.withFeatures(rings.or(FeatureBits.of(1, 2))));
    }

    private static void await(MultiportConsoleDriver driver, BooleanSupplier condition) throws IOException {
        long seen = -1;
        while (!condition.getAsBoolean()) {
            assertThat(driver.awaitChange(seen, -1)).isTrue();
            seen = driver.changes();
        }
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void writeAll(MultiportConsoleDriver driver, int port, byte[] bytes) throws IOException {
        for (int done = 0; done < bytes.length; ) {
            assertThat(driver.awaitRoom(port, -1)).isTrue();
            done += driver.write(port, bytes, done, bytes.length - done);
        }
        assertThat(driver.awaitFlushed(port, -1)).isTrue();
    }

    private static byte[] readAll(MultiportConsoleDriver driver, int port, int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            assertThat(driver.awaitInput(port, -1)).isTrue();
            done += driver.read(port, bytes, done, length - done);
        }
        return bytes;
    }

    private static String name(MultiportConsoleDriver driver, int port) {
        byte[] name = new byte[driver.nameLength(port)];
        driver.copyName(port, name, 0);
        return new String(name, StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void allPortsCarryBytesAtTheSameTime(int combination) throws Exception {
        device.addConsole(new Echo(), "console");
        device.addPort(new Echo(), "first");
        device.addPort(new Echo(), "");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1 + combination % 3)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(combination));
            assertThat(driver.ports()).isEqualTo(PORTS);
            await(driver, () -> driver.isConsole(0) && driver.isHostOpen(1) && driver.isHostOpen(2));
            assertThat(driver.find("first")).isEqualTo(1);
            assertThat(driver.nameLength(2)).isZero();
            assertThat(driver.isPresent(3)).isFalse();
            driver.open(1, true);
            driver.open(2, true);
            echo(driver, 3);
            for (int port = 0; port < 3; port++) {
                assertThat(device.sent(port)).isEqualTo(BYTES);
                assertThat(device.received(port)).isEqualTo(BYTES);
            }
            assertThat(driver.ignored() + device.ignored()).isZero();
            driver.stop();
        }
    }

    /** Sends and receives on several ports at once, from one thread. */
    private static void echo(MultiportConsoleDriver driver, int ports) throws IOException {
        byte[][] sent = new byte[ports][];
        byte[][] seen = new byte[ports][BYTES];
        int[] written = new int[ports];
        int[] read = new int[ports];
        for (int port = 0; port < ports; port++) {
            sent[port] = random(port, BYTES);
        }
        int missing = ports * BYTES;
        while (missing > 0) {
            boolean busy = false;
            for (int port = 0; port < ports; port++) {
                int out = driver.write(port, sent[port], written[port], Math.min(9_001, BYTES - written[port]));
                int in = driver.read(port, seen[port], read[port], BYTES - read[port]);
                written[port] += out;
                read[port] += in;
                missing -= in;
                busy |= out + in > 0;
            }
            if (!busy) {
                assertThat(driver.awaitAnyInput(-1)).isTrue();
            }
        }
        assertThat(seen).isDeepEqualTo(sent);
    }

    @Test
    void portsComeAndGoWhileTheGuestRuns() throws Exception {
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 2)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(5));
            for (int round = 0; round < 20; round++) {
                String name = "round " + round;
                int kept = device.addPort(new Echo(), name);
                await(driver, () -> driver.find(name) == kept && driver.isHostOpen(kept));
                driver.open(kept, true);
                byte[] bytes = random(round, 20_000);
                writeAll(driver, kept, bytes);
                assertThat(readAll(driver, kept, bytes.length)).isEqualTo(bytes);
                // Of this the driver reads nothing: it must not come out of the next port of that number.
                writeAll(driver, kept, bytes);
                device.removePort(kept);
                await(driver, () -> !driver.isPresent(kept));
                assertThat(driver.read(kept, bytes, 0, 1)).isEqualTo(MultiportConsoleDriver.GONE);
                assertThat(driver.awaitInput(kept, -1)).isTrue();
                assertThat(driver.open(kept, true)).isFalse();
            }
            assertThat(driver.ignored()).isZero();
        }
    }

    @Test
    void openFollowsThePeerOfASocket() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("port"));
        int port = device.addPort(SocketEnd.listen(address, PATIENCE), "socket");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(0));
            await(driver, () -> driver.find("socket") == port);
            assertThat(driver.isHostOpen(port)).isFalse();
            for (int visit = 0; visit < 3; visit++) {
                try (SocketChannel peer = SocketChannel.open(address)) {
                    await(driver, () -> driver.isHostOpen(port));
                    driver.open(port, true);
                    peer.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                    assertThat(readAll(driver, port, 3)).containsExactly(1, 2, 3);
                }
                await(driver, () -> !driver.isHostOpen(port));
            }
        }
    }

    @Test
    void aPortThatIsFullDoesNotHoldUpTheOthers() throws Exception {
        int full =
                device.addPort(SocketEnd.listen(UnixDomainSocketAddress.of(directory.resolve("full")), PATIENCE), "");
        int other = device.addPort(new Echo(), "");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(7));
            await(driver, () -> driver.isPresent(full) && driver.isPresent(other));
            driver.open(other, true);
            byte[] bytes = random(1, BYTES);
            int taken = driver.write(full, bytes, 0, BYTES);
            while (driver.awaitRoom(full, 20_000_000)) {
                taken += driver.write(full, bytes, taken, BYTES - taken);
            }
            assertThat(taken).isLessThan(BYTES);
            byte[] few = random(2, 30_000);
            writeAll(driver, other, few);
            assertThat(readAll(driver, other, few.length)).isEqualTo(few);
            // What is full can go, with all that waits.
            device.removePort(full);
            await(driver, () -> !driver.isPresent(full));
            int again = device.addPort(new StreamEnd(OutputStream.nullOutputStream()), "again");
            assertThat(again).isEqualTo(full);
            await(driver, () -> driver.find("again") == again);
            writeAll(driver, again, bytes);
            assertThat(device.sent(again)).isEqualTo(BYTES);
        }
    }

    @Test
    void aPseudoTerminalIsAPortToo() throws Exception {
        PseudoTerminalEnd pty = new PseudoTerminalEnd(PATIENCE);
        int port = device.addConsole(pty, "pty");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(1));
            await(driver, () -> driver.isConsole(port));
            byte[] bytes = random(3, BYTES);
            try (InputStream reader = Files.newInputStream(pty.path());
                    OutputStream writer = Files.newOutputStream(pty.path())) {
                byte[][] seen = new byte[1][];
                FailingThread user = FailingThread.start(() -> seen[0] = reader.readNBytes(BYTES));
                writeAll(driver, port, bytes);
                user.join();
                assertThat(seen[0]).isEqualTo(bytes);
                FailingThread typist = FailingThread.start(() -> writer.write(bytes));
                assertThat(readAll(driver, port, BYTES)).isEqualTo(bytes);
                typist.join();
            }
        }
    }

    /** A terminal of a size. */
    private static final class SizedEnd implements ConsoleEnd {
        private @Nullable ConsoleLine line;

        @Override
        public void attach(ConsoleLine port) {
            line = port;
            port.resized(80, 25);
        }

        void resize(int columns, int rows) {
            requireNonNull(line).resized(columns, rows);
        }

        @Override
        public int write(byte[] bytes, int start, int length) {
            return length;
        }

        @Override
        public void inputWanted() {}

        @Override
        public void close() {}
    }

    @Test
    void eachPortHasASizeOfItsOwn() throws Exception {
        SizedEnd first = new SizedEnd();
        SizedEnd second = new SizedEnd();
        device.addConsole(first, "");
        device.addConsole(second, "");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(1));
            await(driver, () -> driver.columns(0) == 80 && driver.rows(1) == 25);
            second.resize(132, 50);
            await(driver, () -> driver.columns(1) == 132);
            assertThat(driver.rows(1)).isEqualTo(50);
            assertThat(driver.columns(0)).isEqualTo(80);
        }
    }

    @Test
    void aRestartedDriverFindsItsPortsAgain() throws Exception {
        device.addConsole(new Echo(), "console");
        device.addPort(new Echo(), "org.example.agent");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 2)) {
            MultiportConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(3));
            for (int life = 0; life < 5; life++) {
                await(driver, () -> driver.isConsole(0) && driver.find("org.example.agent") == 1);
                assertThat(name(driver, 1)).isEqualTo("org.example.agent");
                driver.open(1, true);
                byte[] bytes = random(life, 50_000);
                writeAll(driver, 1, bytes);
                assertThat(readAll(driver, 1, bytes.length)).isEqualTo(bytes);
                writeAll(driver, 0, bytes);
                assertThat(readAll(driver, 0, bytes.length)).isEqualTo(bytes);
                driver.restart();
            }
        }
    }

    @Test
    void aDriverOfOnePortHasPortZero() throws Exception {
        device.addConsole(new Echo(), "console");
        device.addPort(new Echo(), "other");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, 1)) {
            JvmPlatform platform = platform(memory, guest);
            ConsoleDriver driver = ConsoleDriver.start(
                    HypercallTransport.open(Hypercalls.attach(platform, platform), platform, 0),
                    platform,
                    ConsoleDriverOptions.DEFAULT);
            byte[] words = "who is there?".getBytes(StandardCharsets.UTF_8);
            assertThat(driver.write(words, 0, words.length)).isEqualTo(words.length);
            byte[] heard = new byte[words.length];
            for (int done = 0; done < heard.length; ) {
                assertThat(driver.awaitInput(-1)).isTrue();
                done += driver.read(heard, done, heard.length - done);
            }
            assertThat(heard).isEqualTo(words);
            driver.emergencyWrite('x');
            assertThat(driver.awaitInput(-1)).isTrue();
            driver.stop();
        }
    }
}
