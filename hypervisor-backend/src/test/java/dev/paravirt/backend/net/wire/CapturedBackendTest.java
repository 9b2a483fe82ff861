// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static dev.paravirt.backend.net.wire.WirePort.frame;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CapturedBackendTest {
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;

    @TempDir
    private Path folder;

    private final WirePort port = new WirePort();
    private final Loop loop = new Loop();

    /** Gives back each frame that it gets. */
    private static final class Loop implements NetBackend {
        private FeatureBits offloads = FeatureBits.NONE;
        private @Nullable NetPort port;
        private boolean closed;

        @Override
        public FeatureBits offloads() {
            return offloads;
        }

        @Override
        public void attach(NetPort device) {
            port = device;
        }

        @Override
        public boolean send(ByteBuf frame) {
            return requireNonNull(port).receive(frame);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private record Packet(long nanos, int direction, byte[] bytes) {}

    @AfterEach
    void everyFrameIsReleased() {
        port.assertAllReleased();
    }

    /** Reads a file as the format's description says, block after block; returns packets, and checks the rest. */
    private static List<Packet> read(Path file, long expectedDrops) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Packet> packets = new ArrayList<>();
        List<Integer> others = new ArrayList<>();
        while (all.hasRemaining()) {
            int start = all.position();
            int type = all.getInt();
            int length = all.getInt();
            assertThat(length % 4).isZero();
            assertThat(all.getInt(start + length - 4)).isEqualTo(length);
            if (type == ENHANCED_PACKET) {
                packets.add(packet(all, start));
            } else {
                others.add(type);
            }
            if (type == INTERFACE_STATISTICS) {
                assertThat(all.getLong(start + 24)).isEqualTo(expectedDrops);
            }
            all.position(start + length);
        }
        assertThat(others).containsExactly(0x0a0d0d0a, 1, INTERFACE_STATISTICS);
        return packets;
    }

    private static Packet packet(ByteBuffer all, int start) {
        assertThat(all.getInt(start + 8)).as("interface").isZero();
        long nanos = (long) all.getInt(start + 12) << 32 | Integer.toUnsignedLong(all.getInt(start + 16));
        int length = all.getInt(start + 20);
        assertThat(all.getInt(start + 24)).as("original length").isEqualTo(length);
        byte[] bytes = new byte[length];
        all.get(start + 28, bytes);
        int options = start + 28 + (length + 3) / 4 * 4;
        assertThat(all.getShort(options)).as("epb_flags").isEqualTo((short) 2);
        return new Packet(nanos, all.getInt(options + 4), bytes);
    }

    @Test
    void writesFramesOfBothDirections() throws Exception {
        Path file = folder.resolve("frames.pcapng");
        long before = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis() - 1000);
        CapturedBackend captured = CapturedBackend.of(loop, file);
        captured.attach(port);
        int[] lengths = {14, 15, 16, 17, 60, 1514, 65535};
        for (int length : lengths) {
            assertThat(port.send(captured, frame(length, length))).isTrue();
            assertThat(port.take()).isEqualTo(frame(length, length));
        }
        captured.close();
        assertThat(loop.closed).isTrue();
        List<Packet> packets = read(file, 0);
        assertThat(packets).hasSize(2 * lengths.length);
        long last = before;
        for (int i = 0; i < packets.size(); i++) {
            Packet packet = packets.get(i);
            assertThat(packet.bytes).isEqualTo(frame(lengths[i / 2], lengths[i / 2]));
            assertThat(packet.direction).as("out, then in").isEqualTo(i % 2 == 0 ? 2 : 1);
            assertThat(packet.nanos).isGreaterThanOrEqualTo(last);
            last = packet.nanos;
        }
        assertThat(last - before).isLessThan(TimeUnit.MINUTES.toNanos(5));
    }

    @Test
    void leavesTheHeadersOfOffloadsOut() throws Exception {
        Path file = folder.resolve("frames.pcapng");
        loop.offloads = FeatureBits.of(NetFeatures.CSUM);
        try (CapturedBackend captured = CapturedBackend.of(loop, file)) {
            assertThat(captured.offloads()).isEqualTo(loop.offloads);
            captured.attach(port);
            port.send(captured, new byte[NetHeader.SIZE - 1]);
            port.send(captured, frame(NetHeader.SIZE + 60, 1));
        }
        List<Packet> packets = read(file, 0);
        assertThat(packets).hasSize(2);
        byte[] expected = new byte[60];
        System.arraycopy(frame(NetHeader.SIZE + 60, 1), NetHeader.SIZE, expected, 0, 60);
        assertThat(packets).allSatisfy(packet -> assertThat(packet.bytes).isEqualTo(expected));
    }

    @Test
    void countsWhatIsMissing() throws Exception {
        Path file = folder.resolve("frames.pcapng");
        CapturedBackend captured = CapturedBackend.of(loop, file);
        captured.attach(port);
        int count = 20_000;
        byte[] frame = frame(600, 1);
        for (int i = 0; i < count; i++) {
            port.send(captured, frame);
        }
        captured.close();
        assertThat(read(file, captured.missing())).hasSize((int) (2L * count - captured.missing()));
    }

    @Test
    void goesOnWhenTheFileCanNoLongerBeWritten() throws Exception {
        Path file = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        // A pipe that is opened for both has a reader from the start, and none once that is closed.
        FileChannel reader = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        CapturedBackend captured = CapturedBackend.of(loop, file);
        captured.attach(port);
        reader.close();
        for (int i = 0; i < 100; i++) {
            assertThat(port.send(captured, frame(60, i))).isTrue();
            assertThat(port.take()).isEqualTo(frame(60, i));
        }
        captured.close();
        assertThat(captured.missing()).isEqualTo(200);
    }

    @Test
    void closesTheBackendIfTheDiskIsFull() {
        assertThatThrownBy(() -> CapturedBackend.of(loop, Path.of("/dev/full"))).isInstanceOf(IOException.class);
        assertThat(loop.closed).isTrue();
    }

    @Test
    void closesTheBackendIfTheFileCannotBeMade() {
        assertThatThrownBy(() -> CapturedBackend.of(loop, folder.resolve("none/frames.pcapng")))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(loop.closed).isTrue();
    }

    @Test
    void isWholeWithoutADevice() throws Exception {
        Path file = folder.resolve("frames.pcapng");
        CapturedBackend.of(loop, file).close();
        assertThat(Files.size(file)).isPositive();
    }
}
