// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkLifetime;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each request and each error, on every kind of image. */
@Timeout(60)
class BlockDeviceTest {
    private static final int SECTORS = 4096;
    private static final long SIZE = SECTORS * 512L;

    @TempDir
    private Path directory;

    enum Kind {
        MEMORY,
        RAW_FILE,
        PORTABLE_FILE
    }

    private BlockImage image(Kind kind) throws IOException {
        return switch (kind) {
            case MEMORY -> new MemoryImage(SIZE);
            case RAW_FILE -> BlockImage.open(sparseFile(), false);
            case PORTABLE_FILE -> PortableFileImage.open(sparseFile(), false);
        };
    }

    private Path sparseFile() throws IOException {
        Path path = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        return path;
    }

    private BlockDisk disk(Kind kind) throws IOException {
        return disk(kind, new BlockOptions());
    }

    private BlockDisk disk(Kind kind, BlockOptions options) throws IOException {
        return new BlockDisk(image(kind), options);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasWrittenIsRead(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            assertThat(disk.write(7, disk.filled(3, 0x5a))).isEqualTo(BlkStatus.OK);
            assertThat(disk.write(SECTORS - 1, disk.filled(1, 0x77))).isEqualTo(BlkStatus.OK);
            disk.assertSectors(6, 1, 0);
            disk.assertSectors(7, 3, 0x5a);
            disk.assertSectors(10, 1, 0);
            disk.assertSectors(SECTORS - 1, 1, 0x77);
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
            BlockDisk.Pending read = disk.startRead(0, 7, disk.filled(3, 0));
            assertThat(read.await()).isEqualTo(BlkStatus.OK);
            assertThat(read.written).as("used length: data and status").isEqualTo(3 * 512 + 1);
        }
    }

    /** Where descriptors begin and end has no meaning (VIRTIO 1.4, "Message Framing"). */
    @ParameterizedTest
    @EnumSource
    void requestsMayBeCutAnywhere(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            DmaBuffer request = disk.buffer(16 + 1024);
            request.putInt(BlkRequest.TYPE, BlkRequest.T_OUT);
            request.putLong(BlkRequest.SECTOR, 100);
            for (int i = 0; i < 1024; i++) {
                request.putByte(16 + i, (byte) (i * 7));
            }
            DmaBuffer status = disk.buffer(1);
            status.putByte(0, (byte) 9);
            BufferChain write = new BufferChain(8)
                    .addReadable(request.slice(0, 3))
                    .addReadable(request.slice(3, 12))
                    .addReadable(request.slice(15, 500))
                    .addReadable(request.slice(515, 1))
                    .addReadable(request.slice(516, 524))
                    .addWritable(status);
            disk.ring.submit(0, write, 1);
            assertThat(disk.ring.await(0, 1)).isEqualTo(1);
            assertThat(status.getByte(0)).isZero();

            DmaBuffer answer = disk.buffer(1025);
            answer.putByte(1024, (byte) 9);
            request.putInt(BlkRequest.TYPE, BlkRequest.T_IN);
            BufferChain read = new BufferChain(8)
                    .addReadable(request.slice(0, 16))
                    .addWritable(answer.slice(0, 1))
                    .addWritable(answer.slice(1, 700))
                    .addWritable(answer.slice(701, 324));
            disk.ring.submit(0, read, 2);
            assertThat(disk.ring.await(0, 2)).isEqualTo(1025);
            for (int i = 0; i < 1024; i++) {
                assertThat(answer.getByte(i)).as("byte %s", i).isEqualTo((byte) (i * 7));
            }
            assertThat(answer.getByte(1024))
                    .as("status, last of the last piece")
                    .isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void transfersAreWholeSectorsWithinTheDisk(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            DmaBuffer odd = disk.buffer(700);
            assertThat(disk.read(0, odd)).isEqualTo(BlkStatus.IOERR);
            assertThat(disk.write(0, odd)).isEqualTo(BlkStatus.IOERR);
            DmaBuffer two = disk.filled(2, 1);
            for (long sector : new long[] {SECTORS - 1, SECTORS, Long.MAX_VALUE, Long.MIN_VALUE, -1, 1L << 55}) {
                assertThat(disk.read(sector, two)).as("read at %s", sector).isEqualTo(BlkStatus.IOERR);
                assertThat(disk.write(sector, two)).as("write at %s", sector).isEqualTo(BlkStatus.IOERR);
            }
            disk.assertSectors(SECTORS - 2, 2, 0);
            assertThat(disk.read(SECTORS)).as("nothing, at the end").isEqualTo(BlkStatus.OK);
            assertThat(disk.read(SECTORS + 1)).as("nothing, past the end").isEqualTo(BlkStatus.IOERR);
        }
    }

    /** A driver believes no byte beyond the used length, not even the status: so all is written, zeroes if need be. */
    @ParameterizedTest
    @EnumSource
    void aFailedReadLeavesZeroes(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            DmaBuffer data = disk.filled(2, 0x33);
            BlockDisk.Pending read = disk.startRead(0, SECTORS, data);
            assertThat(read.await()).isEqualTo(BlkStatus.IOERR);
            assertThat(read.written).isEqualTo(1025);
            BlockDisk.assertFilled(data, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReadOnlyDiskRefusesEveryChange(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind, new BlockOptions().readOnly(true).secureErase(true))) {
            FeatureBits features = disk.device.features();
            assertThat(features.has(BlkFeatures.RO)).isTrue();
            assertThat(features.has(BlkFeatures.DISCARD)).isFalse();
            assertThat(disk.write(0, disk.filled(1, 1))).isEqualTo(BlkStatus.IOERR);
            for (int type : new int[] {BlkRequest.T_DISCARD, BlkRequest.T_WRITE_ZEROES, BlkRequest.T_SECURE_ERASE}) {
                assertThat(disk.range(type, 0, 8, 0)).isEqualTo(BlkStatus.IOERR);
            }
            disk.assertSectors(0, 1, 0);
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theIdentifierIsPaddedAndCut(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind, new BlockOptions().serial("abc"))) {
            DmaBuffer id = disk.buffer(24);
            id.fill(0, 24, (byte) 0x55);
            assertThat(disk.start(0, BlkRequest.T_GET_ID, 0, true, id).await()).isEqualTo(BlkStatus.OK);
            assertThat(text(id)).isEqualTo("abc" + "\0".repeat(21));
            DmaBuffer two = disk.buffer(2);
            assertThat(disk.start(0, BlkRequest.T_GET_ID, 0, true, two).await()).isEqualTo(BlkStatus.OK);
            assertThat(text(two)).isEqualTo("ab");
        }
        try (BlockDisk disk = disk(kind, new BlockOptions().serial("12345678901234567890"))) {
            DmaBuffer id = disk.buffer(20);
            assertThat(disk.start(0, BlkRequest.T_GET_ID, 0, true, id).await()).isEqualTo(BlkStatus.OK);
            assertThat(text(id)).isEqualTo("12345678901234567890");
        }
    }

    private static String text(DmaBuffer buffer) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < buffer.size(); i++) {
            text.append((char) buffer.getByte(i));
        }
        return text.toString();
    }

    @ParameterizedTest
    @EnumSource
    void rangesAreZeroedDiscardedAndErased(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind, new BlockOptions().secureErase(true))) {
            int all = 2048;
            for (int at = 0; at < all; at += 256) {
                assertThat(disk.write(at, disk.filled(256, 0x44))).isEqualTo(BlkStatus.OK);
            }
            assertThat(disk.range(BlkRequest.T_WRITE_ZEROES, 3, 5, 0)).isEqualTo(BlkStatus.OK);
            disk.assertSectors(2, 1, 0x44);
            disk.assertSectors(3, 5, 0);
            disk.assertSectors(8, 1, 0x44);
            assertThat(disk.range(BlkRequest.T_WRITE_ZEROES, 9, 600, BlkSegment.FLAG_UNMAP))
                    .isEqualTo(BlkStatus.OK);
            disk.assertSectors(8, 1, 0x44);
            disk.assertSectors(9, 600, 0);
            disk.assertSectors(609, 1, 0x44);
            assertThat(disk.range(BlkRequest.T_SECURE_ERASE, 1000, 24, 0)).isEqualTo(BlkStatus.OK);
            disk.assertSectors(999, 1, 0x44);
            disk.assertSectors(1000, 24, 0);
            disk.assertSectors(1024, 1, 0x44);
            if (disk.device.features().has(BlkFeatures.DISCARD)) {
                assertThat(disk.range(BlkRequest.T_DISCARD, 1536, 512, 0)).isEqualTo(BlkStatus.OK);
                disk.assertSectors(1535, 1, 0x44);
                disk.assertSectors(1536, 512, 0);
            } else {
                assertThat(kind).isEqualTo(Kind.PORTABLE_FILE);
                assertThat(disk.range(BlkRequest.T_DISCARD, 1536, 512, 0)).isEqualTo(BlkStatus.UNSUPP);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void severalSegmentsAreOneRequest(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            assertThat(disk.write(0, disk.filled(32, 1))).isEqualTo(BlkStatus.OK);
            DmaBuffer[] segments = new DmaBuffer[BlockRequest.MAX_SEGMENTS];
            for (int i = 0; i < segments.length; i++) {
                segments[i] = disk.segment(i * 2L, 1, 0);
            }
            assertThat(disk.start(0, BlkRequest.T_WRITE_ZEROES, 0, false, segments)
                            .await())
                    .isEqualTo(BlkStatus.OK);
            for (int sector = 0; sector < 32; sector++) {
                disk.assertSectors(sector, 1, sector % 2);
            }
            DmaBuffer[] tooMany = new DmaBuffer[BlockRequest.MAX_SEGMENTS + 1];
            for (int i = 0; i < tooMany.length; i++) {
                tooMany[i] = disk.segment(1, 1, 0);
            }
            assertThat(disk.start(0, BlkRequest.T_WRITE_ZEROES, 0, false, tooMany)
                            .await())
                    .isEqualTo(BlkStatus.IOERR);
            disk.assertSectors(1, 1, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void badRangesChangeNothing(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind, new BlockOptions().secureErase(true))) {
            assertThat(disk.write(0, disk.filled(8, 1))).isEqualTo(BlkStatus.OK);
            for (int type : new int[] {BlkRequest.T_DISCARD, BlkRequest.T_WRITE_ZEROES, BlkRequest.T_SECURE_ERASE}) {
                if (type == BlkRequest.T_DISCARD && kind == Kind.PORTABLE_FILE) {
                    continue;
                }
                assertThat(disk.range(type, 0, 8, 2)).as("unknown flag").isEqualTo(BlkStatus.UNSUPP);
                assertThat(disk.range(type, 0, 8, 1 << 31)).as("unknown flag").isEqualTo(BlkStatus.UNSUPP);
                assertThat(disk.range(type, SECTORS - 4, 8, 0))
                        .as("past the end")
                        .isEqualTo(BlkStatus.IOERR);
                assertThat(disk.range(type, -1, 1, 0)).as("past the end").isEqualTo(BlkStatus.IOERR);
                assertThat(disk.range(type, 0, -1, 0)).as("overlong").isEqualTo(BlkStatus.IOERR);
                assertThat(disk.start(0, type, 0, false).await())
                        .as("no segment")
                        .isEqualTo(BlkStatus.IOERR);
                DmaBuffer part = disk.segment(0, 8, 0).slice(0, 15);
                assertThat(disk.start(0, type, 0, false, part).await())
                        .as("part of one")
                        .isEqualTo(BlkStatus.IOERR);
                DmaBuffer[] secondBad = {disk.segment(0, 8, 0), disk.segment(SECTORS, 8, 0)};
                assertThat(disk.start(0, type, 0, false, secondBad).await()).isEqualTo(BlkStatus.IOERR);
            }
            if (kind != Kind.PORTABLE_FILE) {
                assertThat(disk.range(BlkRequest.T_DISCARD, 0, 8, BlkSegment.FLAG_UNMAP))
                        .as("unmap is for write zeroes")
                        .isEqualTo(BlkStatus.UNSUPP);
            }
            disk.assertSectors(0, 8, 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSegmentIsAsLongAsTheConfigurationSays(Kind kind) throws IOException {
        try (BlockImage small = image(kind)) {
            BlockImage large = new ForwardingImage(small) {
                @Override
                public long size() {
                    return 1L << 40;
                }

                @Override
                public void writeZeroes(long position, long length, boolean unmap) {
                    assertThat(length).isEqualTo(BlockConfiguration.MAX_ZEROES_SECTORS * 512L);
                }

                @Override
                public void close() {}
            };
            try (BlockDisk disk = new BlockDisk(large, new BlockOptions())) {
                int most = BlockConfiguration.MAX_ZEROES_SECTORS;
                assertThat(disk.range(BlkRequest.T_WRITE_ZEROES, 5, most, 0)).isEqualTo(BlkStatus.OK);
                assertThat(disk.range(BlkRequest.T_WRITE_ZEROES, 5, most + 1, 0))
                        .isEqualTo(BlkStatus.IOERR);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasNotNegotiatedIsUnsupported(Kind kind) throws IOException {
        BlockOptions options = new BlockOptions().secureErase(true).lifetime(() -> new BlockLifetime(1, 2, 3));
        BlockDevice device = new BlockDevice(image(kind), options);
        try (BlockDisk disk = new BlockDisk(device, BlockDisk.SPLIT, FeatureBits.NONE)) {
            for (int type : new int[] {BlkRequest.T_DISCARD, BlkRequest.T_WRITE_ZEROES, BlkRequest.T_SECURE_ERASE}) {
                assertThat(disk.range(type, 0, 8, 0)).isEqualTo(BlkStatus.UNSUPP);
            }
            assertThat(disk.start(0, BlkRequest.T_GET_LIFETIME, 0, true, disk.buffer(6))
                            .await())
                    .isEqualTo(BlkStatus.UNSUPP);
            assertThat(disk.write(0, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownRequestsAreUnsupported(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            for (int type : new int[] {2, 3, 5, 7, 9, 12, 15, 16, 18, 26, 77, -1, Integer.MIN_VALUE}) {
                assertThat(disk.start(0, type, 0, false).await())
                        .as("type %s", type)
                        .isEqualTo(BlkStatus.UNSUPP);
            }
            BlockDisk.Pending withData = disk.start(0, 99, 0, true, disk.filled(1, 9));
            assertThat(withData.await()).isEqualTo(BlkStatus.UNSUPP);
            assertThat(withData.written).isEqualTo(513);
        }
    }

    @ParameterizedTest
    @EnumSource
    void lifetimeIsAnswered(Kind kind) throws IOException {
        BlockOptions options = new BlockOptions().lifetime(() -> new BlockLifetime(2, 3, 11));
        try (BlockDisk disk = disk(kind, options)) {
            assertThat(disk.device.features().has(BlkFeatures.LIFETIME)).isTrue();
            DmaBuffer answer = disk.buffer(BlkLifetime.SIZE);
            assertThat(disk.start(0, BlkRequest.T_GET_LIFETIME, 0, true, answer).await())
                    .isEqualTo(BlkStatus.OK);
            assertThat(answer.getShort(BlkLifetime.PRE_EOL_INFO_FIELD)).isEqualTo((short) 2);
            assertThat(answer.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_A)).isEqualTo((short) 3);
            assertThat(answer.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_B)).isEqualTo((short) 11);
            assertThat(disk.start(0, BlkRequest.T_GET_LIFETIME, 0, true, disk.buffer(5))
                            .await())
                    .isEqualTo(BlkStatus.IOERR);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRequestWithoutRoomForHeaderAndStatusIsMalformed(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            disk.ring.submit(0, new BufferChain(2).addReadable(disk.buffer(15)).addWritable(disk.buffer(1)), 1);
            assertThatThrownBy(() -> disk.ring.serve(0))
                    .isInstanceOf(VirtqueueException.class)
                    .hasMessageContaining("15 readable");
            disk.ring.submit(0, new BufferChain(2).addReadable(disk.buffer(16)), 2);
            assertThatThrownBy(() -> disk.ring.serve(0)).isInstanceOf(VirtqueueException.class);
            disk.ring.submit(0, new BufferChain(2).addWritable(disk.buffer(17)), 3);
            assertThatThrownBy(() -> disk.ring.serve(0)).isInstanceOf(VirtqueueException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void largeTransfersGoThrough(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            DmaBuffer data = disk.filled(2048, 0x21);
            assertThat(disk.write(1000, data)).isEqualTo(BlkStatus.OK);
            disk.assertSectors(999, 1, 0);
            disk.assertSectors(1000, 2048, 0x21);
            disk.assertSectors(3048, 1, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDiskGrowsAndShrinks(Kind kind) throws IOException {
        try (BlockDisk disk = disk(kind)) {
            disk.device.resize(2 * SIZE);
            assertThat(disk.ring.configurationChanges).isEqualTo(1);
            assertThat(capacity(disk)).isEqualTo(2 * SECTORS);
            disk.assertSectors(2 * SECTORS - 1, 1, 0);
            assertThat(disk.write(2 * SECTORS - 1, disk.filled(1, 5))).isEqualTo(BlkStatus.OK);
            disk.device.resize(SIZE);
            assertThat(capacity(disk)).isEqualTo(SECTORS);
            assertThat(disk.read(SECTORS, disk.filled(1, 0))).isEqualTo(BlkStatus.IOERR);
            disk.device.resize(2 * SIZE);
            disk.assertSectors(2 * SECTORS - 1, 1, 5);
            assertThatThrownBy(() -> disk.device.resize(SIZE + 1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(disk.ring.configurationChanges).isEqualTo(3);
        }
    }

    private static long capacity(BlockDisk disk) {
        byte[] field = new byte[8];
        disk.device.readConfig(0, field, 0, 8);
        return java.nio.ByteBuffer.wrap(field)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }
}
