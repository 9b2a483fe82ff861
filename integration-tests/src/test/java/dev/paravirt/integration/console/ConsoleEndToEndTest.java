// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.SocketEnd;
import dev.paravirt.backend.console.StreamEnd;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.integration.blk.MmioMachine;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.FeatureBits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our console driver and our console device, with real files and sockets at the other end. */
@Timeout(120)
class ConsoleEndToEndTest {
    private static final int MEMORY = 4 << 20;
    private static final int BYTES = 4 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path directory;

    static IntStream combinations() {
        return IntStream.range(0, RingFeatures.COMBINATIONS);
    }

    /** What a stream sends is decided by its seed, so that a checksum of what was to come can be had anywhere. */
    private static final class Source {
        private final Random random;
        final CRC32C checksum = new CRC32C();
        final byte[] bytes = new byte[10_007];
        int at;
        int length;
        int left;

        Source(long seed, int total) {
            random = new Random(seed);
            left = total;
        }

        /** Makes the next piece, when the last one was sent. Returns whether there is one. */
        boolean next() {
            if (at == length) {
                length = Math.min(left, 1 + random.nextInt(bytes.length));
                random.nextBytes(bytes);
                checksum.update(bytes, 0, length);
                left -= length;
                at = 0;
            }
            return at < length;
        }
    }

    private GuestMemory memory() {
        return new GuestMemory(new MemoryRegion(0x4000_0000L, arena.allocate(MEMORY, 4096)));
    }

    private static JvmPlatform platform(GuestMemory memory, LocalGuest guest) {
        return JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
    }

    private static ConsoleDriver start(JvmPlatform platform, FeatureBits rings) throws IOException {
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        FeatureBits features = ConsoleDriverOptions.ALL_FEATURES.and(rings.or(FeatureBits.of(0, 1, 2)));
        return ConsoleDriver.start(
                HypercallTransport.open(hypercalls, platform, 0),
                platform,
                ConsoleDriverOptions.DEFAULT.withFeatures(features));
    }

    private LocalGuest guest(GuestMemory memory, ConsoleDevice device) {
        return LocalGuest.start(memory, List.of(device), 1, MachineOptions.DEFAULT);
    }

    /** Sends and receives at the same time, from one thread. Returns the checksums of both. */
    private static long[] exchange(ConsoleDriver driver, long seed, int total) throws IOException {
        Source source = new Source(seed, total);
        CRC32C received = new CRC32C();
        byte[] input = new byte[5_003];
        int missing = total;
        while (missing > 0 || source.next()) {
            boolean busy = false;
            if (source.next()) {
                int sent = driver.write(source.bytes, source.at, source.length - source.at);
                source.at += sent;
                busy = sent > 0;
            }
            int length = driver.read(input, 0, Math.min(input.length, Math.max(missing, 1)));
            received.update(input, 0, length);
            missing -= length;
            if (!busy && length == 0) {
                boolean happened = source.next() && missing > 0
                        ? driver.awaitInputOrRoom(-1)
                        : missing > 0 ? driver.awaitInput(-1) : driver.awaitRoom(-1);
                assertThat(happened).isTrue();
            }
        }
        assertThat(driver.awaitFlushed(-1)).isTrue();
        return new long[] {source.checksum.getValue(), received.getValue()};
    }

    private static long receive(SocketChannel peer, int total) throws IOException {
        CheckedInputStream stream = new CheckedInputStream(Channels.newInputStream(peer), new CRC32C());
        long seen = 0;
        byte[] piece = new byte[7_001];
        while (seen < total) {
            int length = stream.read(piece, 0, (int) Math.min(piece.length, total - seen));
            assertThat(length).as("after " + seen + " bytes").isPositive();
            seen += length;
        }
        return stream.getChecksum().getValue();
    }

    private static long send(SocketChannel peer, long seed, int total) throws IOException {
        Source source = new Source(seed, total);
        while (source.next()) {
            source.at += peer.write(ByteBuffer.wrap(source.bytes, source.at, source.length - source.at));
        }
        return source.checksum.getValue();
    }

    private static void bothWays(ConsoleDriver driver, SocketChannel peer) throws Exception {
        long[] ofPeer = new long[2];
        FailingThread sender = FailingThread.start(() -> ofPeer[0] = send(peer, 1, BYTES));
        FailingThread receiver = FailingThread.start(() -> ofPeer[1] = receive(peer, BYTES));
        long[] ofGuest = exchange(driver, 2, BYTES);
        sender.join();
        receiver.join();
        assertThat(ofGuest[0]).isEqualTo(ofPeer[1]);
        assertThat(ofGuest[1]).isEqualTo(ofPeer[0]);
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void megabytesBothWaysThroughAUnixSocket(int combination) throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("console"));
        GuestMemory memory = memory();
        ConsoleDevice device = new ConsoleDevice(SocketEnd.listen(address, PATIENCE), 80, 25);
        try (LocalGuest guest = guest(memory, device);
                SocketChannel peer = SocketChannel.open(address)) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(combination));
            bothWays(driver, peer);
            assertThat(device.sent()).isEqualTo(BYTES);
            assertThat(device.received()).isEqualTo(BYTES);
            driver.stop();
        }
        assertThat(address.getPath()).doesNotExist();
    }

    @Test
    void megabytesBothWaysThroughTcpAndRegisters() throws Exception {
        SocketEnd end = SocketEnd.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), PATIENCE);
        GuestMemory memory = memory();
        try (MmioMachine machine = new MmioMachine(new ConsoleDevice(end, 80, 25), memory);
                SocketChannel peer = SocketChannel.open(end.address())) {
            ConsoleDriver driver = ConsoleDriver.start(
                    MmioTransport.open(machine, machine.platform(), "slot 0"),
                    machine.platform(),
                    ConsoleDriverOptions.DEFAULT);
            bothWays(driver, peer);
            driver.stop();
        }
    }

    @Test
    void aReaderThatComesLateMissesNothing() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("console"));
        GuestMemory memory = memory();
        ConsoleDevice device = new ConsoleDevice(SocketEnd.listen(address, PATIENCE), 80, 25);
        try (LocalGuest guest = guest(memory, device)) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(0));
            Source source = new Source(3, BYTES);
            boolean room = true;
            while (room && source.next()) {
                source.at += driver.write(source.bytes, source.at, source.length - source.at);
                // Everything is full once nothing is taken for a while; if it is not yet, the test says less.
                room = driver.awaitRoom(50_000_000);
            }
            assertThat(room).isFalse();
            long[] seen = new long[1];
            try (SocketChannel peer = SocketChannel.open(address)) {
                FailingThread receiver = FailingThread.start(() -> seen[0] = receive(peer, BYTES));
                while (source.next()) {
                    source.at += driver.write(source.bytes, source.at, source.length - source.at);
                    assertThat(driver.awaitRoom(-1)).isTrue();
                }
                receiver.join();
            }
            assertThat(seen[0]).isEqualTo(source.checksum.getValue());
        }
    }

    @Test
    void withoutPatienceAnAbsentReaderHoldsNothingUp() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("console"));
        SocketEnd end = SocketEnd.listen(address, Duration.ofMillis(20));
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, new ConsoleDevice(end, 80, 25))) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(1));
            Source source = new Source(4, BYTES);
            while (source.next()) {
                source.at += driver.write(source.bytes, source.at, source.length - source.at);
                assertThat(driver.awaitRoom(-1)).isTrue();
            }
            assertThat(driver.awaitFlushed(-1)).isTrue();
            assertThat(end.dropped()).isBetween(BYTES - (64L << 10), (long) BYTES);
        }
    }

    @Test
    void aPeerThatTakesNothingIsDisconnected() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("console"));
        SocketEnd end = SocketEnd.listen(address, Duration.ofMillis(50));
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, new ConsoleDevice(end, 80, 25));
                SocketChannel idle = SocketChannel.open(address)) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(0));
            Source source = new Source(5, BYTES);
            while (source.next()) {
                source.at += driver.write(source.bytes, source.at, source.length - source.at);
                assertThat(driver.awaitRoom(-1)).isTrue();
            }
            assertThat(end.dropped()).isPositive();
            assertThat(idle.isConnected()).isTrue();
        }
    }

    /** Takes bytes only as the test permits. */
    private static final class Gate extends OutputStream {
        final Semaphore permits = new Semaphore(0);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] source, int start, int length) {
            permits.acquireUninterruptibly();
            bytes.write(source, start, length);
        }
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void aResetGivesBackWhatWaitsForASlowReader(int combination) throws Exception {
        Gate gate = new Gate();
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, new ConsoleDevice(new StreamEnd(gate), 80, 25))) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(combination));
            byte[] much = new byte[64 << 10];
            int taken = driver.write(much, 0, much.length);
            while (driver.awaitRoom(20_000_000)) {
                taken += driver.write(much, 0, much.length);
            }
            assertThat(taken).isGreaterThan(64 << 10);
            driver.restart();
            gate.permits.release(1_000_000);
            byte[] hello = "after the reset\n".getBytes(StandardCharsets.UTF_8);
            assertThat(driver.write(hello, 0, hello.length)).isEqualTo(hello.length);
            assertThat(driver.awaitFlushed(-1)).isTrue();
        }
        assertThat(gate.bytes.toString(StandardCharsets.UTF_8)).endsWith("after the reset\n");
    }

    @Test
    void aLogFileHasEverythingAlsoWhatWasSaidInAnEmergency() throws Exception {
        Path log = directory.resolve("log");
        GuestMemory memory = memory();
        try (LocalGuest guest = guest(memory, new ConsoleDevice(StreamEnd.appendingTo(log), 80, 25))) {
            ConsoleDriver driver = start(platform(memory, guest), RingFeatures.of(0));
            byte[] text = "said in order\n".getBytes(StandardCharsets.UTF_8);
            assertThat(driver.write(text, 0, text.length)).isEqualTo(text.length);
            assertThat(driver.awaitFlushed(-1)).isTrue();
            driver.emergencyWrite('!');
            driver.emergencyWrite(0x0a);
        }
        try (InputStream written = Files.newInputStream(log)) {
            assertThat(new String(written.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("said in order\n!\n");
        }
    }

    /** Swallows output. */
    private static ConsoleEnd sink() {
        return new StreamEnd(OutputStream.nullOutputStream());
    }

    @Test
    void aResizeReachesTheDriver() throws Exception {
        GuestMemory memory = memory();
        ConsoleDevice device = new ConsoleDevice(sink(), 80, 25);
        try (LocalGuest guest = guest(memory, device)) {
            JvmPlatform platform = platform(memory, guest);
            ConsoleDriver driver = start(platform, RingFeatures.of(0));
            assertThat(driver.columns()).isEqualTo(80);
            assertThat(driver.rows()).isEqualTo(25);
            device.resize(132, 300);
            driver.interrupted(platform.waitForInterrupt(0, -1));
            assertThat(driver.columns()).isEqualTo(132);
            assertThat(driver.rows()).isEqualTo(300);
        }
    }
}
