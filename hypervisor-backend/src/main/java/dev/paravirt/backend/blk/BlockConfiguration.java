// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a block device offers, and its configuration space. Control threads only. */
final class BlockConfiguration {
    /** Sectors of one segment of a discard: 2 GiB. */
    static final int MAX_DISCARD_SECTORS = 1 << 22;

    /** Sectors of one segment that may have to be written: 128 MiB, so that a request takes no minutes. */
    static final int MAX_ZEROES_SECTORS = 1 << 18;

    /** Sectors; what file systems and page caches manage space in. */
    private static final int DISCARD_ALIGNMENT = 4096 / BlkRequest.SECTOR_SIZE;

    final FeatureBits features;
    private final ByteBuffer space;

    BlockConfiguration(BlockOptions options, BlockImage image) {
        features = features(options, image);
        space = ByteBuffer.allocate(BlkConfig.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        capacity(image.size() / BlkRequest.SECTOR_SIZE);
        space.putInt(BlkConfig.SIZE_MAX, options.sizeMax());
        space.putInt(BlkConfig.SEG_MAX, options.segMax());
        space.putInt(BlkConfig.BLK_SIZE, options.blockSize());
        BlockTopology topology = options.topology();
        if (topology != null) {
            space.put(BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP, (byte) topology.physicalBlockExponent());
            space.put(BlkConfig.TOPOLOGY_ALIGNMENT_OFFSET, (byte) topology.alignmentOffset());
            space.putShort(BlkConfig.TOPOLOGY_MIN_IO_SIZE, (short) topology.minIoSize());
            space.putInt(BlkConfig.TOPOLOGY_OPT_IO_SIZE, topology.optIoSize());
        }
        if (features.has(BlkFeatures.MQ)) {
            space.putShort(BlkConfig.NUM_QUEUES, (short) options.queues());
        }
        ranges(Math.max(DISCARD_ALIGNMENT, options.blockSize() / BlkRequest.SECTOR_SIZE), image.canDiscard());
    }

    private static FeatureBits features(BlockOptions options, BlockImage image) {
        boolean writable = !options.readOnly() && !image.readOnly();
        FeatureBits bits =
                FeatureBits.of(BlkFeatures.SIZE_MAX, BlkFeatures.SEG_MAX, BlkFeatures.BLK_SIZE, BlkFeatures.FLUSH);
        bits = with(bits, options.topology() != null, BlkFeatures.TOPOLOGY);
        bits = with(bits, options.queues() > 1, BlkFeatures.MQ);
        bits = with(bits, options.lifetime() != null, BlkFeatures.LIFETIME);
        bits = with(bits, !writable, BlkFeatures.RO);
        bits = with(bits, writable, BlkFeatures.CONFIG_WCE);
        bits = with(bits, writable, BlkFeatures.WRITE_ZEROES);
        bits = with(bits, writable && image.canDiscard(), BlkFeatures.DISCARD);
        return with(bits, writable && options.secureErase(), BlkFeatures.SECURE_ERASE);
    }

    private static FeatureBits with(FeatureBits bits, boolean condition, int bit) {
        return condition ? bits.with(bit) : bits;
    }

    private void ranges(int alignment, boolean mayUnmap) {
        if (features.has(BlkFeatures.DISCARD)) {
            space.putInt(BlkConfig.MAX_DISCARD_SECTORS, MAX_DISCARD_SECTORS);
            space.putInt(BlkConfig.MAX_DISCARD_SEG, BlockRequest.MAX_SEGMENTS);
            space.putInt(BlkConfig.DISCARD_SECTOR_ALIGNMENT, alignment);
        }
        if (features.has(BlkFeatures.WRITE_ZEROES)) {
            space.putInt(BlkConfig.MAX_WRITE_ZEROES_SECTORS, MAX_ZEROES_SECTORS);
            space.putInt(BlkConfig.MAX_WRITE_ZEROES_SEG, BlockRequest.MAX_SEGMENTS);
            space.put(BlkConfig.WRITE_ZEROES_MAY_UNMAP, (byte) (mayUnmap ? 1 : 0));
        }
        if (features.has(BlkFeatures.SECURE_ERASE)) {
            space.putInt(BlkConfig.MAX_SECURE_ERASE_SECTORS, MAX_ZEROES_SECTORS);
            space.putInt(BlkConfig.MAX_SECURE_ERASE_SEG, BlockRequest.MAX_SEGMENTS);
            space.putInt(BlkConfig.SECURE_ERASE_SECTOR_ALIGNMENT, alignment);
        }
    }

    void capacity(long sectors) {
        space.putLong(BlkConfig.CAPACITY, sectors);
    }

    void writeback(boolean on) {
        space.put(BlkConfig.WRITEBACK, (byte) (on ? BlkConfig.WRITEBACK_CACHE : BlkConfig.WRITETHROUGH));
    }

    int size() {
        return BlkConfig.requiredSize(features);
    }

    void read(int offset, byte[] destination, int start, int length) {
        space.get(offset, destination, start, length);
    }
}
