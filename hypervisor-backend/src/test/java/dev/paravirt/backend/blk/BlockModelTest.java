// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random requests, many at once and never two on the same sectors, against a copy of the disk in native memory: on each
 * image, over each kind of ring, in pieces cut anywhere.
 */
@Timeout(120)
class BlockModelTest {
    private static final int SECTORS = 4096;
    private static final int MOST_SECTORS = 24;
    private static final int REQUESTS = 20_000;
    private static final int DEPTH = 12;
    private static final int MOST_PIECES = 3;

    @TempDir
    private Path directory;

    static Stream<Arguments> everyImageAndRing() {
        return Stream.of("memory", "raw file", "slow memory")
                .flatMap(image -> Stream.of(
                        Arguments.of(image, new VirtqueueFormat(false, false, false, false, false)),
                        Arguments.of(image, new VirtqueueFormat(false, true, true, true, false)),
                        Arguments.of(image, new VirtqueueFormat(true, false, true, false, false)),
                        Arguments.of(image, new VirtqueueFormat(true, true, false, true, false))));
    }

    private BlockImage image(String kind) throws IOException {
        if (kind.equals("memory")) {
            return new MemoryImage(SECTORS * 512L);
        }
        if (kind.equals("slow memory")) {
            return new ForwardingImage(new MemoryImage(SECTORS * 512L));
        }
        Path path = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SECTORS * 512L);
        }
        return BlockImage.open(path, false);
    }

    private static final class Flight {
        final DmaBuffer data;
        int type;
        int sector;
        int sectors;
        BlockDisk.@Nullable Pending pending;

        Flight(DmaBuffer data) {
            this.data = data;
        }
    }

    private static final class Model implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment content = arena.allocate(SECTORS * 512L, 16);
        private final BitSet busy = new BitSet(SECTORS);
        private final BitSet discarded = new BitSet(SECTORS);
        private final Random random;
        private final BlockDisk disk;
        private final Deque<Flight> flights = new ArrayDeque<>();
        private final Deque<Flight> free = new ArrayDeque<>();

        Model(BlockDisk disk, long seed) {
            this.disk = disk;
            this.random = new Random(seed);
            for (int i = 0; i < DEPTH; i++) {
                free.add(new Flight(disk.buffer(MOST_SECTORS * 512)));
            }
        }

        void step() {
            int sectors = 1 + random.nextInt(MOST_SECTORS);
            int sector = random.nextInt(SECTORS - sectors + 1);
            int next = busy.nextSetBit(sector);
            if (free.isEmpty() || (next >= 0 && next < sector + sectors)) {
                finish();
                return;
            }
            Flight flight = free.remove();
            flight.sector = sector;
            flight.sectors = sectors;
            flight.type = type();
            busy.set(sector, sector + sectors);
            start(flight);
            flights.add(flight);
        }

        private int type() {
            int dice = random.nextInt(20);
            if (dice < 8) {
                return BlkRequest.T_IN;
            }
            if (dice < 16) {
                return BlkRequest.T_OUT;
            }
            return dice == 16 ? BlkRequest.T_FLUSH : dice == 17 ? BlkRequest.T_DISCARD : BlkRequest.T_WRITE_ZEROES;
        }

        private void start(Flight flight) {
            int queue = random.nextInt(disk.device.queueCount());
            DmaBuffer data = flight.data;
            int bytes = flight.sectors * 512;
            switch (flight.type) {
                case BlkRequest.T_IN, BlkRequest.T_OUT -> {
                    for (int at = 0; at < bytes; at += 8) {
                        data.putLong(at, random.nextLong());
                    }
                    flight.pending = disk.start(
                            queue, flight.type, flight.sector, flight.type == BlkRequest.T_IN, pieces(data, bytes));
                }
                case BlkRequest.T_FLUSH -> flight.pending = disk.startFlush(queue);
                default -> {
                    data.putLong(BlkSegment.SECTOR, flight.sector);
                    data.putInt(BlkSegment.NUM_SECTORS, flight.sectors);
                    boolean unmap = flight.type == BlkRequest.T_WRITE_ZEROES && random.nextBoolean();
                    data.putInt(BlkSegment.FLAGS, unmap ? BlkSegment.FLAG_UNMAP : 0);
                    flight.pending = disk.start(queue, flight.type, 0, false, pieces(data, BlkSegment.SIZE));
                }
            }
        }

        private DmaBuffer[] pieces(DmaBuffer data, int bytes) {
            DmaBuffer[] pieces = new DmaBuffer[1 + random.nextInt(MOST_PIECES)];
            int at = 0;
            for (int i = 0; i < pieces.length; i++) {
                int most = bytes - at - (pieces.length - i - 1);
                int length = i == pieces.length - 1 ? most : 1 + random.nextInt(most);
                pieces[i] = data.slice(at, length);
                at += length;
            }
            return pieces;
        }

        void finish() {
            Flight flight = flights.remove();
            assertThat(requireNonNull(flight.pending).await()).isEqualTo(BlkStatus.OK);
            MemorySegment expected = content.asSlice(flight.sector * 512L, flight.sectors * 512L);
            MemorySegment seen = flight.data.region().segment().asSlice(flight.data.offset(), expected.byteSize());
            int end = flight.sector + flight.sectors;
            switch (flight.type) {
                case BlkRequest.T_IN -> checkRead(flight, expected, seen);
                case BlkRequest.T_OUT -> {
                    expected.copyFrom(seen);
                    discarded.clear(flight.sector, end);
                }
                case BlkRequest.T_DISCARD -> discarded.set(flight.sector, end);
                case BlkRequest.T_WRITE_ZEROES -> {
                    expected.fill((byte) 0);
                    discarded.clear(flight.sector, end);
                }
                default -> assertThat(flight.type).isEqualTo(BlkRequest.T_FLUSH);
            }
            busy.clear(flight.sector, end);
            free.add(flight);
        }

        /** What was discarded may read as anything. */
        private void checkRead(Flight flight, MemorySegment expected, MemorySegment seen) {
            for (int i = 0; i < flight.sectors; i++) {
                if (!discarded.get(flight.sector + i)) {
                    long mismatch =
                            MemorySegment.mismatch(expected, i * 512L, i * 512L + 512, seen, i * 512L, i * 512L + 512);
                    assertThat(mismatch).as("sector %s", flight.sector + i).isEqualTo(-1);
                }
            }
        }

        void finishAll() {
            while (!flights.isEmpty()) {
                finish();
            }
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    @ParameterizedTest
    @MethodSource("everyImageAndRing")
    void everyRequestDoesWhatTheModelDoes(String kind, VirtqueueFormat format) throws IOException {
        long seed = new Random().nextLong();
        BlockOptions options = new BlockOptions().queues(2).threads(8);
        try (BlockDisk disk = new BlockDisk(new BlockDevice(image(kind), options), format);
                Model model = new Model(disk, seed)) {
            try {
                for (int i = 0; i < REQUESTS; i++) {
                    model.step();
                }
                model.finishAll();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("with seed " + seed, failure);
            }
            assertThat(disk.device.failures()).isZero();
        }
    }
}
