// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Configuration space, features and the cache mode that they lead to. */
@Timeout(60)
class BlockConfigurationTest {
    private static final FeatureBits FLUSH = FeatureBits.of(BlkFeatures.FLUSH);
    private static final FeatureBits CONFIG_WCE = FeatureBits.of(BlkFeatures.CONFIG_WCE);

    private static ByteBuffer configuration(BlockDevice device) {
        byte[] bytes = new byte[device.configSize()];
        device.readConfig(0, bytes, 0, bytes.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void everyFieldIsWhereTheSpecificationPutsIt() {
        BlockOptions options = new BlockOptions()
                .queues(5)
                .queueSize(128)
                .blockSize(4096)
                .sizeMax(65536)
                .topology(new BlockTopology(3, 1, 8, 512))
                .secureErase(true);
        try (BlockDevice device = new BlockDevice(new MemoryImage(1 << 20), options)) {
            ByteBuffer space = configuration(device);
            assertThat(space.limit()).isEqualTo(BlkConfig.requiredSize(device.features()));
            assertThat(space.getLong(BlkConfig.CAPACITY)).isEqualTo(2048);
            assertThat(space.getInt(BlkConfig.SIZE_MAX)).isEqualTo(65536);
            assertThat(space.getInt(BlkConfig.SEG_MAX)).isEqualTo(126);
            assertThat(space.getInt(BlkConfig.BLK_SIZE)).isEqualTo(4096);
            assertThat(space.get(BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP)).isEqualTo((byte) 3);
            assertThat(space.get(BlkConfig.TOPOLOGY_ALIGNMENT_OFFSET)).isEqualTo((byte) 1);
            assertThat(space.getShort(BlkConfig.TOPOLOGY_MIN_IO_SIZE)).isEqualTo((short) 8);
            assertThat(space.getInt(BlkConfig.TOPOLOGY_OPT_IO_SIZE)).isEqualTo(512);
            assertThat(space.getShort(BlkConfig.NUM_QUEUES)).isEqualTo((short) 5);
            assertThat(space.getInt(BlkConfig.MAX_DISCARD_SECTORS)).isEqualTo(BlockConfiguration.MAX_DISCARD_SECTORS);
            assertThat(space.getInt(BlkConfig.MAX_DISCARD_SEG)).isEqualTo(BlockRequest.MAX_SEGMENTS);
            assertThat(space.getInt(BlkConfig.DISCARD_SECTOR_ALIGNMENT)).isEqualTo(8);
            assertThat(space.getInt(BlkConfig.MAX_WRITE_ZEROES_SECTORS))
                    .isEqualTo(BlockConfiguration.MAX_ZEROES_SECTORS);
            assertThat(space.get(BlkConfig.WRITE_ZEROES_MAY_UNMAP)).isEqualTo((byte) 1);
            assertThat(space.getInt(BlkConfig.MAX_SECURE_ERASE_SEG)).isEqualTo(BlockRequest.MAX_SEGMENTS);
            assertThat(space.get(BlkConfig.UNUSED0)).isZero();
            assertThat(device.queueCount()).isEqualTo(5);
            assertThat(device.maxQueueSize(4)).isEqualTo(128);
        }
    }

    @Test
    void aPlainDiskOffersWhatItCanDo() {
        try (BlockDevice device = new BlockDevice(new MemoryImage(512), new BlockOptions())) {
            FeatureBits features = device.features();
            assertThat(features.has(BlkFeatures.MQ)).isFalse();
            assertThat(features.has(BlkFeatures.RO)).isFalse();
            assertThat(features.has(BlkFeatures.LIFETIME)).isFalse();
            assertThat(features.has(BlkFeatures.ZONED)).isFalse();
            assertThat(features.has(BlkFeatures.SECURE_ERASE)).isFalse();
            assertThat(features.hasAll(FeatureBits.of(
                            BlkFeatures.FLUSH,
                            BlkFeatures.CONFIG_WCE,
                            BlkFeatures.DISCARD,
                            BlkFeatures.WRITE_ZEROES,
                            BlkFeatures.SEG_MAX,
                            BlkFeatures.BLK_SIZE)))
                    .isTrue();
        }
    }

    /** Counts what becomes stable. */
    private static final class CountingImage extends ForwardingImage {
        final AtomicInteger syncs = new AtomicInteger();

        CountingImage() {
            super(new MemoryImage(1 << 20));
        }

        @Override
        public void sync() throws IOException {
            syncs.incrementAndGet();
            super.sync();
        }
    }

    /** Whether a write is synced before it completes, and what the writeback field says. */
    private static void assertWritethrough(boolean expected, boolean cache, FeatureBits features) {
        CountingImage image = new CountingImage();
        BlockDevice device = new BlockDevice(image, new BlockOptions().writeCache(cache));
        try (BlockDisk disk = new BlockDisk(device, BlockDisk.SPLIT, features)) {
            assertThat(configuration(device).get(BlkConfig.WRITEBACK)).isEqualTo((byte) (expected ? 0 : 1));
            assertThat(disk.write(0, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(expected ? 1 : 0);
        }
    }

    /** VIRTIO 1.4, "Block Device / Device Operation": when a write is stable. */
    @Test
    void withoutFlushEveryWriteIsStable() {
        assertWritethrough(true, true, FeatureBits.NONE);
        assertWritethrough(true, true, CONFIG_WCE);
        assertWritethrough(true, false, FLUSH);
        assertWritethrough(false, true, FLUSH);
        assertWritethrough(false, true, FLUSH.or(CONFIG_WCE));
    }

    /** A front-end of vhost-user reads it then, and never again. */
    @Test
    void theCacheModeIsTrueBeforeNegotiationToo() {
        for (boolean cache : new boolean[] {false, true}) {
            try (BlockDevice device = new BlockDevice(new MemoryImage(1 << 20), new BlockOptions().writeCache(cache))) {
                byte expected = (byte) (cache ? 1 : 0);
                assertThat(configuration(device).get(BlkConfig.WRITEBACK)).isEqualTo(expected);
                device.negotiated(FeatureBits.NONE);
                device.reset();
                assertThat(configuration(device).get(BlkConfig.WRITEBACK)).isEqualTo(expected);
            }
        }
    }

    private static void setWriteback(BlockDevice device, int value) {
        device.writeConfig(BlkConfig.WRITEBACK, new byte[] {(byte) value}, 0, 1);
    }

    @Test
    void theDriverSwitchesTheCacheMode() {
        CountingImage image = new CountingImage();
        BlockDevice device = new BlockDevice(image, new BlockOptions());
        try (BlockDisk disk = new BlockDisk(device, BlockDisk.SPLIT, FLUSH.or(CONFIG_WCE))) {
            setWriteback(device, 0);
            assertThat(configuration(device).get(BlkConfig.WRITEBACK)).isZero();
            assertThat(disk.write(0, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(1);
            setWriteback(device, 2);
            assertThat(configuration(device).get(BlkConfig.WRITEBACK))
                    .as("no such mode")
                    .isZero();
            setWriteback(device, 1);
            assertThat(disk.write(0, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(1);
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(2);
            device.writeConfig(0, new byte[8], 0, 8);
            assertThat(configuration(device).getLong(0))
                    .as("capacity is read-only")
                    .isEqualTo(2048);
        }
    }

    @Test
    void withoutConfigWceTheCacheModeIsFixed() {
        BlockDevice device = new BlockDevice(new CountingImage(), new BlockOptions());
        try (BlockDisk disk = new BlockDisk(device, BlockDisk.SPLIT, FLUSH)) {
            setWriteback(device, 0);
            assertThat(configuration(device).get(BlkConfig.WRITEBACK)).isEqualTo((byte) 1);
            assertThat(disk.flush()).isEqualTo(BlkStatus.OK);
        }
    }

    @Test
    void whatNoDeviceCanBeIsRefused() {
        BlockOptions options = new BlockOptions();
        assertThatThrownBy(() -> options.serial("123456789012345678901")).hasMessageContaining("20 ASCII");
        assertThatThrownBy(() -> options.serial("é")).hasMessageContaining("20 ASCII");
        assertThatThrownBy(() -> options.queues(0)).hasMessageContaining("queues 0");
        assertThatThrownBy(() -> options.queueSize(100)).hasMessageContaining("power of two");
        assertThatThrownBy(() -> options.blockSize(256)).hasMessageContaining("512 to");
        assertThatThrownBy(() -> new BlockLifetime(4, 0, 0)).hasMessageContaining("reserved");
        assertThatThrownBy(() -> new BlockTopology(256, 0, 0, 0)).hasMessageContaining("range");
        try (MemoryImage image = new MemoryImage(512 * 9)) {
            assertThatThrownBy(() -> new BlockDevice(image, new BlockOptions().blockSize(4096)))
                    .hasMessageContaining("4608 bytes, which is not whole blocks of 4096");
        }
        assertThatThrownBy(() -> new MemoryImage(1000)).isInstanceOf(IllegalArgumentException.class);
    }
}
